//! One stream that brings pieces ahead of their hashing.
//!
//! Owns: `Md5Stream`, whose next piece waits where the thread that hashes finds it, so that neither
//! waits for the other to wake up. Not here: the thread (`service`).

use super::Md5;
use super::service::{Job, Md5Service};
use crate::base::task::PoolError;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Pieces up to this are hashed where they arrive when none is ahead of them: a hop to another
/// thread costs more than hashing them (10 us against 37 us for 32 KiB, and the hop costs two
/// threads' time).
const INLINE_LEN_MAX: usize = 32 * 1024;

/// Bytes that one stream may have waiting for the hashing thread while little waits in all: a few
/// milliseconds of its work, for which the kernel may let others have the processor that brings
/// more.
pub(super) const AHEAD_LEN_MAX: usize = 2 << 20;
/// Bytes that all streams together may have waiting, beyond a piece of each.
pub(super) const ALL_AHEAD_LEN_MAX: usize = 16 << 20;

/// A stream on the threads of an [`Md5Service`]. Dropped: what waits is not hashed.
#[derive(Debug)]
pub struct Md5Stream {
    service: Md5Service,
    feed: Arc<Feed>,
}

/// What a stream shares with the thread that hashes it.
#[derive(Debug)]
pub(super) struct Feed {
    state: Mutex<FeedState>,
    /// Told when the state has changed, unless much is waiting still: who is woken is to have
    /// something to do for a while. Only the stream's owner waits.
    progress: Notify,
    /// Bytes that wait in all streams together.
    all_ahead: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct FeedState {
    place: Place,
    /// Pieces behind the one that is being hashed.
    waiting: VecDeque<Bytes>,
    /// Bytes of them.
    waiting_len: usize,
}

/// Where the digest so far is.
#[derive(Debug)]
enum Place {
    /// No piece is being hashed.
    Here(Md5),
    /// A job has it.
    Hashing,
    /// The job was dropped: its thread panicked, or the pool takes no more.
    Lost,
}

impl Feed {
    fn state(&self) -> MutexGuard<'_, FeedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody wants the digest any more.
    pub(super) fn is_abandoned(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1
    }

    /// Takes the digest back from a job that is done, or hands out the next piece to go on with.
    pub(super) fn hashed(&self, md5: Md5) -> Option<(Md5, Bytes)> {
        let mut state = self.state();
        let next = state.waiting.pop_front();
        let len = next.as_ref().map_or(0, Bytes::len);
        state.waiting_len = state.waiting_len.saturating_sub(len);
        self.all_ahead.fetch_sub(len, Ordering::Relaxed);
        let (next, place) = match next {
            Some(piece) => (Some((md5, piece)), Place::Hashing),
            None => (None, Place::Here(md5)),
        };
        state.place = place;
        let is_low = state.waiting_len <= AHEAD_LEN_MAX / 2;
        drop(state);
        if is_low {
            self.progress.notify_one();
        }
        next
    }

    /// The digest will not come back.
    pub(super) fn lose(&self) {
        self.state().place = Place::Lost;
        self.progress.notify_one();
    }

    /// What `look` finds, as soon as it finds something.
    async fn wait<T>(
        &self,
        mut look: impl FnMut(&mut FeedState) -> Option<T>,
    ) -> Result<T, PoolError> {
        loop {
            let (found, is_lost) = {
                let mut state = self.state();
                (look(&mut state), matches!(state.place, Place::Lost))
            };
            match found {
                _ if is_lost => return Err(PoolError),
                Some(found) => return Ok(found),
                // A change since the look has left its permit.
                None => self.progress.notified().await,
            }
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let left = self.state().waiting_len;
        self.all_ahead.fetch_sub(left, Ordering::Relaxed);
    }
}

impl Md5Stream {
    /// A stream that goes on from `md5`. What waits in it is counted in `all_ahead`.
    pub(super) fn new(service: Md5Service, md5: Md5, all_ahead: Arc<AtomicUsize>) -> Self {
        let state = Mutex::new(FeedState {
            place: Place::Here(md5),
            waiting: VecDeque::new(),
            waiting_len: 0,
        });
        let feed = Feed {
            state,
            progress: Notify::new(),
            all_ahead,
        };
        Self {
            service,
            feed: Arc::new(feed),
        }
    }

    /// Adds a piece behind those that were added before. It waits for nothing: [`Self::room`] keeps
    /// the number of waiting pieces bounded.
    pub fn push(&self, piece: Bytes) {
        if let Some(job) = self.take_in(piece) {
            self.service.submit(job);
        }
    }

    /// The job that a piece becomes, unless it is hashed at once or waits behind another.
    pub(super) fn take_in(&self, piece: Bytes) -> Option<Job> {
        let mut state = self.feed.state();
        match std::mem::replace(&mut state.place, Place::Hashing) {
            Place::Here(mut md5) if piece.len() <= INLINE_LEN_MAX => {
                md5.update(&piece);
                state.place = Place::Here(md5);
                None
            }
            Place::Here(md5) => Some(Job::new(Arc::clone(&self.feed), md5, piece)),
            Place::Hashing => {
                state.waiting_len = state.waiting_len.saturating_add(piece.len());
                self.feed
                    .all_ahead
                    .fetch_add(piece.len(), Ordering::Relaxed);
                state.waiting.push_back(piece);
                None
            }
            Place::Lost => {
                state.place = Place::Lost;
                None
            }
        }
    }

    /// Waits until nothing waits behind the piece that is being hashed, or as little as may while
    /// other streams have little waiting.
    ///
    /// # Errors
    /// `PoolError` when the pool is closing or the thread panicked.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn room(&self) -> Result<(), PoolError> {
        let all_ahead = &self.feed.all_ahead;
        let is_free = |state: &mut FeedState| {
            let may_wait = state.waiting_len < AHEAD_LEN_MAX
                && all_ahead.load(Ordering::Relaxed) < ALL_AHEAD_LEN_MAX;
            (state.waiting.is_empty() || may_wait).then_some(())
        };
        self.feed.wait(is_free).await
    }

    /// The digest of all pieces.
    ///
    /// # Errors
    /// As [`Self::room`].
    pub async fn finish(self) -> Result<Md5, PoolError> {
        let take = |state: &mut FeedState| match &mut state.place {
            Place::Here(md5) => Some(std::mem::take(md5)),
            Place::Hashing | Place::Lost => None,
        };
        self.feed.wait(take).await
    }
}
