//! Logs of evenings that never were: a seeded room of the model server, watched by its founder, who
//! falls out of it now and then.

use crate::common::wired::{LOBBY, Wired, config, furnished, model};
use projectionist::Recorded;
use projectionist::testing::{Model, Traffic, TrafficConfig};
use serde_json::json;

/// What the founder's channel recorded of an evening of half an hour.
pub(crate) fn evening(seed: u64) -> Vec<Recorded> {
    let config = config().account("alice", "alice");
    let mut wired = Wired::joined(config, furnished(Model::new(model())));
    let mut traffic = Traffic::new(TrafficConfig::new(seed, LOBBY).rate(0.5));
    for step in 0..900_u64 {
        let now_ms = wired.room.now_ms;
        traffic.step(&mut wired.model, now_ms);
        wired.wait(2_000);
        let name = ["Usher", "Gaffer", "foley"][(step / 97 % 3) as usize];
        match (step + seed) % 300 {
            101 => wired.act(name, "chatMsg", &json!({ "msg": "/mute wipe" })),
            107 => wired.act(name, "chatMsg", &json!({ "msg": "/unmute wipe" })),
            111 => wired.act(name, "chatMsg", &json!({ "msg": "/kick b-roll too loud" })),
            131 => wired.act("Projector", "chatMsg", &json!({ "msg": "/ban nitrate no" })),
            151 => wired.act(name, "assignLeader", &json!({ "name": name })),
            171 => wired.act("Projector", "togglePlaylistLock", &json!(null)),
            191 => wired.cut(),
            197 => wired.wait(30_000),
            199 => wired.open(),
            _ => {}
        }
    }
    wired.wait(2_000);
    wired.room.events()
}
