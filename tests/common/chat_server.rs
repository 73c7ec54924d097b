//! The server's side of chat: what it keeps, and so what it sends again.

use super::{Burst, line};
use serde_json::Value;

/// The server's memory of chat: all that was ever said, and the 15 lines it sends again.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChatServer {
    pub(crate) said: Vec<Value>,
    pub(crate) buffer: Vec<Value>,
    pub(crate) ms: i64,
}

impl ChatServer {
    pub(crate) fn say(&mut self, text: &str) -> Value {
        self.ms += 7;
        self.say_at(text, self.ms)
    }

    pub(crate) fn say_at(&mut self, text: &str, ms: i64) -> Value {
        let said = line("bob", text, ms);
        self.said.push(said.clone());
        self.buffer.push(said.clone());
        if self.buffer.len() > 15 {
            self.buffer.remove(0);
        }
        said
    }

    pub(crate) fn burst(&self) -> Burst {
        Burst::with_history(&self.buffer)
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |said: &Value| said["msg"].as_str().unwrap().to_owned();
        self.said.iter().map(text).collect()
    }
}
