//! The log's way to standard error: many lines with one write, by a thread of its own.
//!
//! Owns: how many lines wait at most, how often they are written.
//! Not here: what a line looks like (`subscriber`).
//!
//! A request's worker that writes its line itself waits for every other worker's line, and for the
//! file or collector behind standard error (`docs/PERFORMANCE.md` has what that cost).

use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

/// Lines that wait to be written at most; whoever has one more waits. A line can be as long as the
/// largest head of a request, escaped, so this bounds the memory too.
const MAX_LINES: usize = 1024;
/// Shorter lines than this are written together, up to as many bytes.
const BUFFER_BYTES: usize = 64 * 1024;
/// How long the thread rests after it has written, so that the next write has more than one line:
/// a line is late by that and by how long writing takes.
const REST: Duration = Duration::from_millis(5);

/// Lines that could not be written, since the start.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many lines of the log could not be written since the start: what is behind standard error
/// refused them.
pub(super) fn lost_lines() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// A writer for each line of the log. When the guard is dropped, what it took is written if that
/// takes less than a second.
pub(super) fn batched<W: Write + Send + 'static>(writer: W) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default()
        .buffered_lines_limit(MAX_LINES)
        .lossy(false)
        .thread_name("log")
        .finish(Batches(BufWriter::with_capacity(BUFFER_BYTES, writer)))
}

/// Rests whenever it has written all there was. It never fails: tracing-appender's thread would
/// drop the line, and forget that it was told to end, without a word.
struct Batches<W: Write>(BufWriter<W>);

impl<W: Write> Batches<W> {
    /// Repeats what would have to wait: standard error may be a pipe that never blocks.
    fn patiently(
        &mut self,
        mut write: impl FnMut(&mut BufWriter<W>) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            match write(&mut self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => rest(),
                done => return done,
            }
        }
    }
}

impl<W: Write> Write for Batches<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The buffer takes all of what is shorter than itself, or nothing.
        let part = bytes.get(..BUFFER_BYTES - 1).unwrap_or(bytes);
        if self.patiently(|lines| lines.write_all(part)).is_ok() {
            return Ok(part.len());
        }
        LOST.fetch_add(1, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What could not be written stays in the buffer, and the next line meets the error.
        drop(self.patiently(BufWriter::flush));
        rest();
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the log's own thread rests; no test's clock has to drive it"
)]
fn rest() {
    thread::sleep(REST);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
    use std::sync::{Arc, Mutex};

    /// What was written, write by write.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Written {
        fn all(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().concat()).unwrap()
        }
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Writes when it is told to.
    struct Held(Receiver<()>, Written);

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Returns when the test lets all of it through.
            let _is_gone = self.0.recv();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn write_lines(mut log: NonBlocking, thread: u32) {
        for line in 0..500 {
            let line = format!("thread {thread} line {line}\n");
            log.write_all(line.as_bytes()).unwrap();
        }
    }

    #[test]
    fn lines_of_many_threads_are_whole_and_written_together() {
        let written = Written::default();
        let (log, guard) = batched(written.clone());
        thread::scope(|scope| {
            for thread in 0..4 {
                let log = log.clone();
                scope.spawn(move || write_lines(log, thread));
            }
        });
        drop(guard);
        let all = written.all();
        for thread in 0..4 {
            let begin = format!("thread {thread} ");
            let own: Vec<_> = all
                .lines()
                .filter(|line| line.starts_with(&begin))
                .collect();
            let wanted: Vec<_> = (0..500).map(|line| format!("{begin}line {line}")).collect();
            assert!(
                own == wanted,
                "lines of {thread} are missing, torn or out of order"
            );
        }
        let writes = written.0.lock().unwrap().len();
        assert!(writes <= 200, "{writes} writes");
    }

    #[test]
    fn a_log_that_is_not_taken_makes_writers_wait_and_loses_nothing() {
        let (release, held) = sync_channel::<()>(0);
        let written = Written::default();
        let (mut log, guard) = batched(Held(held, written.clone()));
        let (told, done): (SyncSender<()>, _) = sync_channel(1);
        // More than wait in the queue, in the buffer and in the thread's hands.
        let line = "x".repeat(1024);
        let lines = MAX_LINES + 2 * BUFFER_BYTES / line.len();
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..lines {
                    log.write_all(line.as_bytes()).unwrap();
                }
                told.send(()).unwrap();
            });
            let early = done.recv_timeout(Duration::from_millis(300));
            assert_eq!(early, Err(RecvTimeoutError::Timeout));
            drop(release);
        });
        drop(guard);
        assert_eq!(written.all().len(), lines * line.len());
    }

    /// Refuses with these errors in turn, then writes.
    struct Refuses(VecDeque<ErrorKind>, Written);

    impl Write for Refuses {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.pop_front() {
                Some(kind) => Err(kind.into()),
                None => self.1.write(bytes),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_would_block_is_asked_again_and_loses_nothing() {
        let written = Written::default();
        let refusals = VecDeque::from([ErrorKind::WouldBlock; 3]);
        let (log, guard) = batched(Refuses(refusals, written.clone()));
        write_lines(log, 7);
        drop(guard);
        assert_eq!(written.all().lines().count(), 500);
    }

    #[test]
    fn lines_that_a_full_disk_refuses_are_counted_and_the_next_ones_written() {
        let written = Written::default();
        let refusals = VecDeque::from([ErrorKind::StorageFull; 2]);
        let disk = Refuses(refusals, written.clone());
        let mut log = Batches(BufWriter::with_capacity(BUFFER_BYTES, disk));
        let before = lost_lines();
        let lines = 2 * BUFFER_BYTES / 1024;
        for line in 0..lines {
            let line = format!("{line:0>1023}\n");
            log.write_all(line.as_bytes()).unwrap();
        }
        log.flush().unwrap();
        // The two for which the buffer had no room.
        assert_eq!(lost_lines() - before, 2);
        let all = written.all();
        assert_eq!(all.lines().count(), lines - 2);
        assert!(all.lines().all(|line| line.len() == 1023), "a torn line");
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_whole() {
        let written = Written::default();
        let (mut log, guard) = batched(written.clone());
        let line = "y".repeat(3 * BUFFER_BYTES + 5);
        log.write_all(line.as_bytes()).unwrap();
        drop(guard);
        assert!(written.all() == line, "a torn line");
    }
}
