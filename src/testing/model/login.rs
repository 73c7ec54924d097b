//! Who somebody is: cookies, accounts, guests (`src/user.js`, `src/database/accounts.js`).

use crate::testing::model::Model;
use crate::testing::model::config::Account;
use crate::testing::model::conn::{ConnId, Pending};
use crate::testing::model::wire::{num, text};
use serde_json::{Value, json};

/// Names of one address that moderators are shown.
const ALIASES_MAX: usize = 5;

impl Model {
    /// Logs in by the cookie of the handshake; a bad cookie is ignored without a word.
    pub(super) fn log_in_by_cookie(&mut self, id: ConnId) -> bool {
        let cookie = self.conns.get(&id).and_then(|conn| conn.peer.auth_cookie());
        let account = cookie
            .and_then(|token| self.config.cookies.get(token))
            .and_then(|name| self.config.find_account(name))
            .cloned();
        let Some(account) = account else {
            return false;
        };
        self.become_account(id, &account);
        let login = json!({ "success": true, "name": account.name, "guest": false });
        self.emit(id, "login", &login);
        self.emit(id, "rank", &num(account.global_rank));
        true
    }

    pub(super) fn on_login(&mut self, id: ConnId, arg: Option<&Value>) {
        let Some(arg) = arg.filter(|arg| arg.is_object() || arg.is_array()) else {
            return self.error(id, "Invalid login frame");
        };
        let Some(name) = text(arg, "name") else {
            return;
        };
        if self.user(id).is_none_or(|user| user.is_named()) {
            return;
        }
        let outcome = match text(arg, "pw").filter(|pw| !pw.is_empty()) {
            Some(password) => self.log_in_account(id, name, password),
            None => self.log_in_guest(id, name),
        };
        if let Err(error) = outcome {
            self.emit(id, "login", &json!({ "success": false, "error": error }));
        }
    }

    fn log_in_account(&mut self, id: ConnId, name: &str, password: &str) -> Result<(), String> {
        if !is_user_name(name) {
            return Err(format!("Invalid username \"{name}\""));
        }
        let account = self.config.find_account(name).cloned();
        let account = account.ok_or("User does not exist")?;
        if account.password.is_empty() || account.password != password {
            return Err("Invalid username/password combination".into());
        }
        let rank_before = self.rank(id);
        self.become_account(id, &account);
        self.emit(id, "rank", &num(account.global_rank));
        self.rank_changed(id, rank_before);
        self.emit(
            id,
            "login",
            &json!({ "success": true, "name": account.name }),
        );
        self.logged_in(id);
        Ok(())
    }

    fn log_in_guest(&mut self, id: ConnId, name: &str) -> Result<(), String> {
        let ip = self.ip(id);
        let delay_s = self.config.guest_login_delay_s;
        let last_ms = self
            .addresses
            .get(&ip)
            .and_then(|address| address.guest_login_ms);
        if last_ms.is_some_and(|last| self.now_ms - last < delay_s * 1_000) {
            return Err(format!(
                "Guest logins are restricted to one per IP address per {delay_s} seconds."
            ));
        }
        if !is_user_name(name) {
            return Err(
                "Invalid username.  Usernames must be 1-20 characters long and consist \
                        only of characters a-z, A-Z, 0-9, -, or _."
                    .into(),
            );
        }
        let lower = name.to_ascii_lowercase();
        if lower
            .split(['-', '_'])
            .any(|word| self.config.reserved_names.contains(word))
        {
            return Err("That username is reserved.".into());
        }
        let looks = look(name);
        if self
            .config
            .accounts
            .iter()
            .any(|account| look(&account.name) == looks)
        {
            return Err("That username is registered.".into());
        }
        let room = self.room_name(id);
        if room.is_some_and(|room| self.find_user(&room, name).is_some()) {
            return Err("That name is already in use on this channel.".into());
        }
        let now_ms = self.now_ms;
        self.addresses.entry(ip).or_default().guest_login_ms = Some(now_ms);
        let rank_before = self.rank(id);
        if let Some(user) = self.user_mut(id) {
            user.name = name.to_owned();
            user.global_rank = 0.0;
            user.channel_rank = 0.0;
            user.rank = 0.0;
        }
        self.remember_alias(id);
        self.emit(id, "rank", &Value::from(0));
        self.rank_changed(id, rank_before);
        self.emit(
            id,
            "login",
            &json!({ "success": true, "name": name, "guest": true }),
        );
        self.logged_in(id);
        Ok(())
    }

    /// Makes the user an account's, before its rank in any room is known.
    pub(super) fn become_account(&mut self, id: ConnId, account: &Account) {
        if let Some(user) = self.user_mut(id) {
            user.name = account.name.clone();
            user.registered = true;
            user.global_rank = account.global_rank;
            user.channel_rank = account.global_rank;
            user.rank = account.global_rank;
            user.profile_image = account.profile_image.clone();
            user.profile_text = account.profile_text.clone();
            user.first_seen_ms = user.first_seen_ms.min(account.registered_ms);
        }
        self.remember_alias(id);
    }

    /// Notes the name among those seen from the address.
    pub(super) fn remember_alias(&mut self, id: ConnId) {
        let (name, ip) = (self.name(id), self.ip(id));
        let aliases = &mut self.addresses.entry(ip).or_default().aliases;
        aliases.retain(|alias| *alias != name);
        aliases.push(name);
        let surplus = aliases.len().saturating_sub(ALIASES_MAX);
        aliases.drain(..surplus);
        let aliases = aliases.clone();
        if let Some(user) = self.user_mut(id) {
            user.aliases = aliases;
        }
    }

    /// What follows a login by event: entry under the name, or the end of waiting for it.
    fn logged_in(&mut self, id: ConnId) {
        let Some(user) = self.user(id) else {
            return;
        };
        match (user.in_room, user.pending.clone()) {
            (true, _) => {
                self.enter_under_name(id);
                self.start_rank_lookup(id);
            }
            (false, Some(Pending::Password)) => self.try_by_rank(id),
            (false, Some(Pending::Name)) => self.accept_pending(id),
            (false, None) => {}
        }
        if self.user(id).is_some_and(|user| user.acp_requested) {
            self.on_init_acp(id);
        }
    }

    /// The site's admin panel: out of scope, but asking for it without the rank is a kick.
    pub(super) fn on_init_acp(&mut self, id: ConnId) {
        let Some(user) = self.user_mut(id) else {
            return;
        };
        user.acp_requested = true;
        if user.is_named() && user.global_rank < 255.0 {
            let reason =
                "Attempted initACP from non privileged user.  This incident will be reported.";
            self.kick(id, Some(reason));
        }
    }
}

/// 1 to 20 of letters, digits, `-` and `_`.
pub(super) fn is_user_name(name: &str) -> bool {
    is_name(name, 20)
}

pub(super) fn is_name(name: &str, chars_max: usize) -> bool {
    (1..=chars_max).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// What a name looks like: letters that are easily confused are made equal.
fn look(name: &str) -> String {
    let same = |c: char| match c {
        'I' | 'l' | '1' | 'i' | 'L' => '1',
        'o' | 'O' | '0' => '0',
        '-' | '_' => '_',
        c => c.to_ascii_lowercase(),
    };
    name.chars().map(same).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookalikes_look_alike() {
        assert_eq!(look("0wner-1"), look("Owner_l"));
        assert_ne!(look("owner"), look("opener"));
    }
}
