-- What staff did, as far as the room was told. What changed while we were away is not here: a join
-- shows how things stand, not who changed them when. The server names who did it only to those who
-- may see, and of most changes to nobody.
CREATE TABLE moderation (
    seq      INTEGER PRIMARY KEY, -- the event in the log
    told_us  INTEGER NOT NULL,    -- when the server told
    told_at  TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', told_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    action   TEXT NOT NULL,       -- from the server's notices, which moderators see: 'kick', 'kick_anonymous', 'ban', 'unban', 'mute', 'shadow_mute', 'unmute', 'rank';
                                  -- seen by all: 'mute', 'unmute', 'rank', 'chat_clear', 'leader', 'lock', 'unlock', 'delete' (an item that did not play left the playlist: whoever queued it may have done so, too), 'playlist_clear', 'shuffle', 'options', 'permissions', 'motd', 'css_js', 'emote_set', 'emote_rename', 'emote_remove', 'emotes', 'filter_set', 'filter_remove'
    actor    TEXT,                -- who did it, as displayed; NULL: not told
    actor_identity TEXT,          -- the same in lower case
    target   TEXT,                -- whom or what it befell: a user, an emote, a filter; of 'delete' who had queued the item; NULL: nobody, or not told
    detail   TEXT                 -- plain text, 200 characters at most: the new rank, the title of an item, an emote's new name; NULL: none
) STRICT;

CREATE INDEX moderation_by_time ON moderation (told_us);
CREATE INDEX moderation_by_actor ON moderation (actor_identity, told_us);
CREATE INDEX moderation_by_action ON moderation (action, told_us);

-- Who joined in the last seconds: the rank that the server tells of them next is no promotion.
CREATE TABLE moderation_fresh (
    identity  TEXT PRIMARY KEY,
    joined_us INTEGER NOT NULL
) STRICT;
