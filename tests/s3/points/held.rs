//! A PUT that stops in the middle of its body, for the tests of this folder.

use crate::raw::{Answer, Connection, Request};

/// Lengths of the bodies that the tests of what happens meanwhile send: one that fits every buffer,
/// and one that fits none.
pub(crate) const LENS: [usize; 2] = [4096, 8 * 1024 * 1024];

/// A request of which half the body was sent.
#[derive(Debug)]
pub(crate) struct HeldPut {
    connection: Connection,
    rest: Vec<u8>,
}

impl HeldPut {
    /// Sends the head, waits until the server asks for the body, sends half of it, and waits a
    /// moment for a refusal that does not come: what the server decides ahead of the body is
    /// decided then.
    pub(crate) fn begin(port: u16, request: Request) -> Self {
        let wire = request.unsigned_header("expect", "100-continue").wire();
        let mut connection = Connection::open(port);
        connection.write(&wire.head());
        connection.answer("PUT").expect(100);
        let (first, rest) = wire.body.split_at(wire.body.len() / 2);
        connection.write(first);
        let rest = rest.to_vec();
        assert!(connection.is_silent(), "an answer before the body's end");
        Self { connection, rest }
    }

    /// Sends the rest.
    pub(crate) fn finish(mut self) -> Answer {
        self.connection.write(&self.rest);
        self.connection.answer("PUT")
    }
}
