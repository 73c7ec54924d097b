//! One frame to the two packet codecs: what reads as an event is written and reads the same, what
//! waits is bounded, words of a misfit do not repeat the frame (P9).

use projectionist::unversioned::{Packet, read_packet, write_event, write_pong};
use serde_json::value::RawValue;

pub(crate) fn check(frame: &str) {
    let packet = read_packet(frame);
    assert_eq!(packet, read_packet(frame), "the same frame, another packet");
    match packet {
        Packet::Greeting(ms) => assert!(ms <= 120_000, "{ms} ms of silence"),
        Packet::Ping(data) => assert_eq!(write_pong(&data), frame.replacen('2', "3", 1)),
        Packet::Event(name, arg) => {
            let raw = arg.clone().map(|arg| RawValue::from_string(arg).unwrap());
            let written = write_event(&name, raw.as_deref()).unwrap();
            assert_eq!(read_packet(&written), Packet::Event(name, arg));
        }
        Packet::Ack(_, Some(arg)) => drop(RawValue::from_string(arg).unwrap()),
        Packet::Misfit(words) => assert!(words.len() < 200, "{words}"),
        _ => {}
    }
}
