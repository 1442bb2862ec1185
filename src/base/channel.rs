//! The bounded channel that carries a request body from the frontend to the data path.
//!
//! Owns: backpressure (the sender waits when the reader is behind), a clean end that carries a
//! value, and the rule that a sender dropped without a clean end reads as an aborted body, never as
//! a short one. Not here: decoding of wire formats (`s3::body`), hashing and sealing
//! (`gateway::write_path`).

use bytes::Bytes;
use tokio::sync::mpsc;

/// The body ended before its clean end: the client went away, or its frames were invalid.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("body ended before its clean end")]
pub struct BodyAborted;

enum Item<E> {
    Piece(Bytes),
    End(E),
}

/// The frontend's end.
#[derive(Debug)]
pub struct BodySender<E> {
    sender: mpsc::Sender<Item<E>>,
}

/// The data path's end.
#[derive(Debug)]
pub struct BodyReceiver<E> {
    receiver: mpsc::Receiver<Item<E>>,
    end: Option<E>,
}

/// A channel that holds at most `pieces_max` pieces. `E` is what the sender states at the clean
/// end, such as trailers.
pub fn body_channel<E>(pieces_max: usize) -> (BodySender<E>, BodyReceiver<E>) {
    let (sender, receiver) = mpsc::channel(pieces_max);
    (
        BodySender { sender },
        BodyReceiver {
            receiver,
            end: None,
        },
    )
}

impl<E> BodySender<E> {
    /// Hands on the next piece, waiting while the channel is full.
    ///
    /// # Errors
    /// When the reader has gone: it failed, and its error is the answer.
    ///
    /// # Cancel safety
    /// A dropped future has not sent the piece.
    pub async fn send(&self, piece: Bytes) -> Result<(), BodyAborted> {
        self.sender
            .send(Item::Piece(piece))
            .await
            .map_err(|_closed| BodyAborted)
    }

    /// States that the body is whole. Dropping the sender without this call aborts the body.
    ///
    /// # Errors
    /// When the reader has gone.
    pub async fn finish(self, end: E) -> Result<(), BodyAborted> {
        self.sender
            .send(Item::End(end))
            .await
            .map_err(|_closed| BodyAborted)
    }
}

impl<E> BodyReceiver<E> {
    /// A body that is already whole: at most one piece and its end.
    pub fn whole(piece: Bytes, end: E) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        if !piece.is_empty() {
            // The channel has room for the one piece.
            drop(sender.try_send(Item::Piece(piece)));
        }
        Self {
            receiver,
            end: Some(end),
        }
    }

    /// The next piece, or `None` at the clean end.
    ///
    /// # Errors
    /// `BodyAborted` when the sender vanished without a clean end.
    ///
    /// # Cancel safety
    /// A dropped future has taken nothing.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyAborted> {
        match self.receiver.recv().await {
            Some(Item::Piece(piece)) => Ok(Some(piece)),
            Some(Item::End(end)) => {
                self.end = Some(end);
                Ok(None)
            }
            None if self.end.is_some() => Ok(None),
            None => Err(BodyAborted),
        }
    }

    /// What the sender stated at the clean end; `None` before it.
    pub fn take_end(&mut self) -> Option<E> {
        self.end.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn body_whose_sender_vanishes_reads_as_aborted() {
        let (sender, mut receiver) = body_channel::<()>(2);
        sender.send(Bytes::from_static(b"half")).await.unwrap();
        drop(sender);
        assert_eq!(receiver.next().await, Ok(Some(Bytes::from_static(b"half"))));
        assert_eq!(receiver.next().await, Err(BodyAborted));
    }

    #[tokio::test]
    async fn body_with_clean_end_yields_end_value() {
        let (sender, mut receiver) = body_channel(2);
        sender.send(Bytes::from_static(b"all")).await.unwrap();
        sender.finish(7).await.unwrap();
        assert_eq!(receiver.next().await, Ok(Some(Bytes::from_static(b"all"))));
        assert_eq!(receiver.next().await, Ok(None));
        assert_eq!(receiver.take_end(), Some(7));
        let mut whole = BodyReceiver::whole(Bytes::from_static(b"x"), 8);
        assert_eq!(whole.next().await, Ok(Some(Bytes::from_static(b"x"))));
        assert_eq!(whole.next().await, Ok(None));
        assert_eq!(whole.take_end(), Some(8));
    }
}
