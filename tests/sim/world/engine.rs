//! The engine's side of a world: opening, feeding, committing, dialling, dying.

use super::*;

impl World {
    /// Opens an engine over a log, as a new process does.
    pub(super) fn open(&mut self, log: SimLog) {
        let delays = Box::new(Delays::new(self.random.next_u64()));
        let channel = Channel::open(&self.config, log, delays, self.now()).unwrap();
        self.channel = Some(channel);
        self.stuck = false;
        self.drain();
        self.input(Input::Start);
    }

    /// Gives the engine one input and commits what came of it.
    pub(super) fn input(&mut self, input: Input<'_>) {
        let now = self.now();
        self.channel.as_mut().unwrap().handle_input(now, input);
        self.commit();
    }

    pub(super) fn commit(&mut self) {
        let channel = self.channel.as_mut().unwrap();
        let before = Arc::clone(channel.state());
        match channel.commit() {
            Ok(_) => {
                self.delivered.append(&mut self.in_hand);
                self.drain();
            }
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                assert_eq!(
                    channel.state().seq,
                    before.seq,
                    "P1: nothing shows that is not stored"
                );
                self.stuck = true;
            }
        }
        let channel = self.channel.as_ref().unwrap();
        let (state, head) = (channel.state(), channel.log().head());
        assert_eq!(state.seq, head.seq, "P1: what shows is what is stored");
        let joined = self.link.as_ref().is_some_and(|link| link.joined);
        assert!(
            state.connection.phase != ConnectionPhase::Joined || joined || self.link.is_none(),
            "P4: a join shows before it is whole"
        );
    }

    /// Does what the engine asks for.
    pub(super) fn drain(&mut self) {
        loop {
            let output = self.channel.as_mut().unwrap().poll_output();
            match output {
                Output::Timeout(_) => return,
                Output::Dial { delay, servers } => {
                    self.note(&format!("dial in {delay:?} {servers:?}"));
                    let wanted_ms = self.now_ms + delay.as_millis() as i64;
                    self.dial_at_ms = Some(self.paced(wanted_ms.max(self.now_ms + 1)));
                }
                Output::Transmit(frame) => {
                    self.note(&format!("> {}", shown(&frame)));
                    let now_ms = self.now_ms;
                    if let Some(link) = &mut self.link {
                        link.send(frame, now_ms, &mut self.random);
                    }
                }
                Output::Close => {
                    self.note("close");
                    if let Some(link) = self.link.take() {
                        self.model.closed(link.conn, self.now_ms);
                    }
                }
                Output::Settled(id, outcome) => {
                    self.note(&format!("{id:?} {outcome:?}"));
                    self.host.told(id, outcome);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The site's throttle, as the pacer keeps it: five connects, then one in ten seconds.
    fn paced(&self, wanted_ms: i64) -> i64 {
        let mut tokens = 5.0_f64;
        let mut last_ms = START_MS;
        for at_ms in &self.dialled_ms {
            tokens = (tokens + (at_ms - last_ms) as f64 / 10_000.0).min(5.0) - 1.0;
            last_ms = *at_ms;
        }
        tokens = (tokens + (wanted_ms - last_ms) as f64 / 10_000.0).min(5.0);
        let missing = (1.0 - tokens).max(0.0);
        wanted_ms + (missing * 10_000.0).ceil() as i64
    }

    pub(super) fn dial(&mut self) {
        self.dialled_ms.push(self.now_ms);
        if self.server_down_until_ms > self.now_ms {
            return self.input(Input::DialFailed {
                error: "connection refused".to_owned(),
                fatal: false,
            });
        }
        self.last_conn += 1;
        let conn = ConnId(self.last_conn);
        let mut link = Link::new(conn, self.delay_ms);
        link.cut_behind = self.cut_next_burst.take();
        self.link = Some(link);
        self.model.open(conn, Peer::new("10.0.0.1"), self.now_ms);
        self.input(Input::Opened {
            endpoint: "https://s:1",
            transport: "websocket",
        });
        self.carry();
    }

    /// Frames that have arrived, each way.
    pub(super) fn arrivals(&mut self) {
        let now_ms = self.now_ms;
        while let Some(frame) = self.link.as_mut().and_then(|link| link.arrived_up(now_ms)) {
            let conn = self.link.as_ref().unwrap().conn;
            self.model.frame(conn, &frame, now_ms);
            self.carry();
        }
        while !self.stuck
            && let Some(frame) = self
                .link
                .as_mut()
                .and_then(|link| link.arrived_down(now_ms))
        {
            self.take(&frame);
        }
    }

    /// One frame of the server's.
    fn take(&mut self, frame: &str) {
        let link = self.link.as_mut().unwrap();
        if frame.starts_with("42[\"setPermissions\"") && !link.joined {
            link.in_burst = true;
        }
        let begun = link.in_burst || link.joined;
        if link.in_burst {
            if link.cut_behind == Some(0) {
                link.cut_behind = None;
                return self.cut(0);
            }
            link.cut_behind = link.cut_behind.map(|frames| frames - 1);
            if frame.starts_with("42[\"userlist\"") {
                (link.in_burst, link.joined) = (false, true);
            }
        }
        if begun && let Some(line) = Line::of(frame).filter(|_| link.joined) {
            self.in_hand.push(line);
        }
        self.note(&format!("< {}", shown(frame)));
        self.input(Input::Frame(frame));
    }

    /// The connection ends; the server learns so after a while.
    pub(super) fn cut(&mut self, server_learns_ms: i64) {
        let Some(link) = self.link.take() else { return };
        if server_learns_ms == 0 {
            self.model.closed(link.conn, self.now_ms);
        } else {
            self.ghosts
                .push((self.now_ms + server_learns_ms, link.conn));
        }
        self.hear_of_the_end();
    }

    pub(super) fn hear_of_the_end(&mut self) {
        if self.stuck {
            // It is told with the next thing that is read.
            return;
        }
        self.input(Input::Closed {
            cause: DisconnectCause::Closed,
            detail: None,
            code: Some(1006),
        });
    }

    /// The process dies; gives its log as it was committed.
    pub(super) fn die(&mut self) -> SimLog {
        let channel = self.channel.take().unwrap();
        if !self.stuck {
            check::at_rest(&channel);
        }
        self.in_hand.clear();
        self.host.forsaken();
        self.dial_at_ms = None;
        self.rejoin_at_ms = None;
        if let Some(link) = self.link.take() {
            let learns_ms = self.random.below(3_000) as i64;
            self.ghosts.push((self.now_ms + learns_ms, link.conn));
        }
        let mut log = channel.into_log();
        log.failing = false;
        self.disk_fails_until_ms = 0;
        log
    }

    /// The host closes the engine in good order.
    pub(super) fn stop(&mut self) {
        self.input(Input::Stop);
        self.link = None;
        let channel = self.channel.as_mut().unwrap();
        if channel.log_mut().flush().is_ok() {
            channel.snapshot().unwrap();
        }
    }
}

/// As much of a frame as tells it from others; all of one that names a user only.
fn shown(frame: &str) -> &str {
    if frame.len() < 160 && !frame.contains("pw") {
        return frame;
    }
    frame.split(['{', ',']).next().unwrap_or("")
}
