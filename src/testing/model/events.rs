//! Which handler takes which event.
//!
//! The session's own events count from the connect on; all others are dropped silently until a
//! room has taken the user in, because a real server listens only then.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::typecheck;
use serde_json::{Value, json};

impl Model {
    pub(super) fn on_event(
        &mut self,
        id: ConnId,
        name: &str,
        arg: Option<&Value>,
        ack: Option<u64>,
    ) {
        if !self.takes_event(id) {
            return self.kick(id, Some("Rate limit exceeded"));
        }
        match name {
            "joinChannel" => return self.on_join_channel(id, arg),
            "login" => return self.on_login(id, arg),
            "channelPassword" => return self.on_channel_password(id, arg),
            "initACP" => return self.on_init_acp(id),
            _ => {}
        }
        if self.room_name(id).is_none() {
            return;
        }
        if let Err(problem) = typecheck::check(name, arg) {
            return self.emit(id, "errorMsg", &json!({ "msg": problem }));
        }
        let handled = self.on_chat_event(id, name, arg)
            || self.on_playlist_event(id, name, arg)
            || self.on_poll_event(id, name, arg, ack)
            || self.on_settings_event(id, name, arg);
        if !handled {
            log::trace!("model server: nobody listens to {name:?}");
        }
    }

    fn on_chat_event(&mut self, id: ConnId, name: &str, arg: Option<&Value>) -> bool {
        match (name, arg) {
            ("chatMsg", Some(arg)) => self.on_chat_msg(id, arg),
            ("pm", Some(arg)) => self.on_pm(id, arg),
            ("borrow-rank", arg) => self.on_borrow_rank(id, arg),
            ("readChanLog", _) => self.on_read_chan_log(id),
            ("requestBanlist", _) => self.on_request_banlist(id),
            ("unban", Some(arg)) => self.on_unban(id, arg),
            ("requestChannelRanks", _) => self.on_request_channel_ranks(id),
            ("setChannelRank", Some(arg)) => self.on_set_channel_rank(id, arg),
            _ => return false,
        }
        true
    }

    fn on_playlist_event(&mut self, id: ConnId, name: &str, arg: Option<&Value>) -> bool {
        match (name, arg) {
            ("queue", Some(arg)) => self.on_queue(id, arg),
            ("delete", arg) => self.on_delete(id, arg),
            ("moveMedia", Some(arg)) => self.on_move_media(id, arg),
            ("jumpTo", arg) => self.on_jump_to(id, arg),
            ("playNext", _) => self.on_play_next(id),
            ("setTemp", Some(arg)) => self.on_set_temp(id, arg),
            ("clearPlaylist", _) => self.on_clear_playlist(id),
            ("shufflePlaylist", _) => self.on_shuffle_playlist(id),
            ("togglePlaylistLock", _) => self.on_toggle_playlist_lock(id),
            ("requestPlaylist", _) => self.on_request_playlist(id),
            ("playerReady", _) => self.send_change_media(id),
            ("assignLeader", Some(arg)) => self.on_assign_leader(id, arg),
            ("mediaUpdate", Some(arg)) => self.on_media_update(id, arg),
            ("voteskip", _) => self.on_voteskip(id),
            ("listPlaylists", _) => self.on_list_playlists(id),
            ("clonePlaylist", Some(arg)) => self.on_clone_playlist(id, arg),
            ("deletePlaylist", Some(arg)) => self.on_delete_playlist(id, arg),
            ("queuePlaylist", Some(arg)) => self.on_queue_playlist(id, arg),
            ("searchMedia", Some(arg)) => self.on_search_media(id, arg),
            _ => return false,
        }
        true
    }

    fn on_poll_event(
        &mut self,
        id: ConnId,
        name: &str,
        arg: Option<&Value>,
        ack: Option<u64>,
    ) -> bool {
        match (name, arg) {
            ("newPoll", Some(arg)) => self.on_new_poll(id, arg, ack),
            ("vote", Some(arg)) => self.on_vote(id, arg),
            ("closePoll", _) => self.on_close_poll(id),
            _ => return false,
        }
        true
    }

    fn on_settings_event(&mut self, id: ConnId, name: &str, arg: Option<&Value>) -> bool {
        match (name, arg) {
            ("setOptions", arg) => self.on_set_options(id, arg),
            ("setPermissions", arg) => self.on_set_permissions(id, arg),
            ("setMotd", Some(arg)) => self.on_set_motd(id, arg),
            ("setChannelCSS", Some(arg)) => self.on_set_style(id, "setChannelCSS", arg),
            ("setChannelJS", Some(arg)) => self.on_set_style(id, "setChannelJS", arg),
            ("updateEmote", arg) => self.on_update_emote(id, arg),
            ("renameEmote", arg) => self.on_rename_emote(id, arg),
            ("removeEmote", arg) => self.on_remove_emote(id, arg),
            ("moveEmote", arg) => self.on_move_emote(id, arg),
            ("importEmotes", arg) => self.on_import_emotes(id, arg),
            ("requestChatFilters", _) => self.on_request_filters(id),
            ("addFilter", arg) => self.on_add_filter(id, arg),
            ("updateFilter", arg) => self.on_update_filter(id, arg),
            ("removeFilter", arg) => self.on_remove_filter(id, arg),
            ("moveFilter", arg) => self.on_move_filter(id, arg),
            ("importFilters", arg) => self.on_import_filters(id, arg),
            _ => return false,
        }
        true
    }
}
