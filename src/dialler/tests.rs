//! Dialling with connectors of a few lines, in real time but without waiting for it.

use super::*;
use crate::transport::{Received, TransportError, dial_for_tests};
use crossbeam_channel::{Receiver, bounded, unbounded};

const PATIENCE: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_secs(3600);

/// A connector that is a function.
struct Fake<F>(F);

impl<F: Fn(&Dial, &Cancel) -> Dialled + Send + Sync> Connector for Fake<F> {
    fn connect(&self, dial: &Dial, cancel: &Cancel) -> Dialled {
        (self.0)(dial, cancel)
    }
}

/// A transport that carries nothing and tells when it is closed.
struct Silent(Sender<()>);

impl Transport for Silent {
    fn endpoint(&self) -> &'static str {
        "ws://silent"
    }
    fn kind(&self) -> &'static str {
        "websocket"
    }
    fn attach(
        &mut self,
        _: &mio::Registry,
        _: mio::Token,
        _: &Arc<mio::Waker>,
    ) -> std::io::Result<()> {
        Ok(())
    }
    fn receive(&mut self) -> Result<Received, TransportError> {
        Ok(Received::Nothing)
    }
    fn send(&mut self, _: &str) -> Result<(), TransportError> {
        Ok(())
    }
    fn flush(&mut self, _: Duration) -> Result<(), TransportError> {
        Ok(())
    }
    fn has_unsent(&self) -> bool {
        false
    }
    fn is_connected(&self) -> bool {
        true
    }
    fn close(&mut self) {
        let _ = self.0.send(());
    }
}

/// Connects at once.
fn willing() -> Arc<dyn Connector> {
    Arc::new(Fake(|_: &Dial, _: &Cancel| Ok(silent())))
}

fn silent() -> Box<dyn Transport> {
    Box::new(Silent(unbounded().0))
}

fn dialler() -> Arc<Dialler> {
    Dialler::start(Arc::default())
}

/// A job, and where its result comes.
fn job(origin: &str, connector: Arc<dyn Connector>) -> (DialJob, Receiver<Dialled>) {
    let (told, result) = bounded(1);
    let job = DialJob {
        dial: dial_for_tests(origin, &[]),
        connector,
        delay: Duration::ZERO,
        pace: Pace::default(),
        guest_login: false,
        reply: Box::new(move |result| drop(told.send(result))),
    };
    (job, result)
}

#[test]
fn dials_after_the_delay() {
    let dialler = dialler();
    let (mut job, result) = job("http://a", willing());
    job.delay = Duration::from_millis(30);
    let since = clock();
    let ticket = dialler.submit(job);
    assert!(
        ticket
            .next_attempt_in()
            .is_none_or(|wait| wait <= Duration::from_millis(30))
    );
    let transport = result.recv_timeout(PATIENCE).unwrap().unwrap();
    assert!(since.elapsed() >= Duration::from_millis(30));
    assert_eq!(transport.endpoint(), "ws://silent");
    assert_eq!(ticket.next_attempt_in(), None);
}

#[test]
fn a_dead_server_holds_up_nobody_else() {
    let dialler = dialler();
    let (reached, dialling) = unbounded();
    let (hang_up, dead) = bounded::<()>(0);
    let dead = Arc::new(Fake(move |_: &Dial, _: &Cancel| {
        reached.send(()).unwrap();
        let _ = dead.recv_timeout(PATIENCE);
        Err(DialError::Cancelled)
    }));
    let (stuck, _stuck_result) = job("http://dead", dead);
    let _stuck = dialler.submit(stuck);
    dialling.recv_timeout(PATIENCE).unwrap();
    for origin in ["http://dead", "http://alive"] {
        let (job, result) = job(origin, willing());
        let _ticket = dialler.submit(job);
        assert!(result.recv_timeout(PATIENCE).unwrap().is_ok());
    }
    drop(hang_up);
}

#[test]
fn a_dropped_ticket_withdraws_a_waiting_job() {
    let dialler = dialler();
    let (mut job, result) = job("http://a", willing());
    job.delay = HOUR;
    let ticket = dialler.submit(job);
    assert!(ticket.next_attempt_in().unwrap() > HOUR / 2);
    drop(ticket);
    assert!(result.recv().is_err(), "the reply is gone, uncalled");
}

#[test]
fn a_dropped_ticket_cancels_a_running_dial_and_closes_its_late_result() {
    let dialler = dialler();
    let (reached, dialling) = unbounded();
    let (closed, closing) = unbounded();
    let (go_on, late) = bounded::<()>(0);
    let connector = Arc::new(Fake(move |_: &Dial, cancel: &Cancel| {
        reached.send(()).unwrap();
        late.recv_timeout(PATIENCE).unwrap();
        assert!(cancel.is_cancelled());
        Ok(Box::new(Silent(closed.clone())) as Box<dyn Transport>)
    }));
    let (job, result) = job("http://a", connector);
    let ticket = dialler.submit(job);
    dialling.recv_timeout(PATIENCE).unwrap();
    drop(ticket);
    go_on.send(()).unwrap();
    closing.recv_timeout(PATIENCE).unwrap();
    assert!(result.recv().is_err(), "the reply is gone, uncalled");
}

#[test]
fn a_socket_is_free_again_when_its_transport_is_dropped() {
    let dialler = dialler();
    let pace = Pace {
        sockets_max: 1,
        ..Pace::default()
    };
    let (mut first, result) = job("http://a", willing());
    first.pace = pace;
    let _first = dialler.submit(first);
    let held = result.recv_timeout(PATIENCE).unwrap().unwrap();
    let (mut second, result) = job("http://a", willing());
    second.pace = pace;
    let second = dialler.submit(second);
    let (other, other_result) = job("http://b", willing());
    let _other = dialler.submit(other);
    assert!(other_result.recv_timeout(PATIENCE).unwrap().is_ok());
    assert!(result.try_recv().is_err() && second.next_attempt_in().is_none());
    drop(held);
    assert!(result.recv_timeout(PATIENCE).unwrap().is_ok());
}

#[test]
fn the_pace_is_kept_by_origin_and_over_restarts() {
    let pace = Pace {
        connects_burst: 1,
        connect_interval: HOUR,
        ..Pace::default()
    };
    let pacer: Arc<Mutex<Pacer>> = Arc::default();
    for (origin, goes) in [("http://a", true), ("http://b", true), ("http://a", false)] {
        let dialler = Dialler::start(Arc::clone(&pacer));
        let (mut job, result) = job(origin, willing());
        job.pace = pace;
        let ticket = dialler.submit(job);
        if goes {
            assert!(result.recv_timeout(PATIENCE).unwrap().is_ok());
        } else {
            let since = clock();
            while ticket.next_attempt_in().unwrap() < HOUR / 2 {
                assert!(since.elapsed() < PATIENCE);
                std::thread::yield_now();
            }
            assert!(result.try_recv().is_err());
        }
    }
}

#[test]
fn a_connector_that_panics_has_failed() {
    let dialler = dialler();
    let (job, result) = job(
        "http://a",
        Arc::new(Fake(|_: &Dial, _: &Cancel| panic!("a bug"))),
    );
    let _ticket = dialler.submit(job);
    let error = result.recv_timeout(PATIENCE).unwrap().err().unwrap();
    assert!(error.to_string().contains("panicked"), "{error}");
}

#[test]
fn stopping_takes_no_time_whatever_is_under_way() {
    let dialler = dialler();
    let (reached, dialling) = unbounded();
    let obedient = Arc::new(Fake(move |_: &Dial, cancel: &Cancel| {
        reached.send(()).unwrap();
        while !cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(DialError::Cancelled)
    }));
    let (running, _running_result) = job("http://a", obedient);
    let (mut waiting, _waiting_result) = job("http://a", willing());
    waiting.delay = HOUR;
    let tickets = [dialler.submit(running), dialler.submit(waiting)];
    dialling.recv_timeout(PATIENCE).unwrap();
    let since = clock();
    drop((dialler, tickets));
    assert!(since.elapsed() < Duration::from_millis(100));
}

#[test]
fn a_reply_may_drop_the_last_dialler() {
    let dialler = dialler();
    let (mut job, _) = job("http://a", willing());
    let (give, slot) = bounded::<(Ticket, Arc<Dialler>)>(1);
    let (told, done) = bounded(1);
    job.reply = Box::new(move |_| {
        drop(slot.recv());
        told.send(()).unwrap();
    });
    let ticket = dialler.submit(job);
    give.send((ticket, dialler)).unwrap();
    done.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn all_users_share_one_dialler() {
    let (one, other) = (Dialler::shared(), Dialler::shared());
    assert!(Arc::ptr_eq(&one, &other));
}
