//! The log's way to standard error: many lines with one write, by a thread of its own.
//!
//! Owns: how many lines wait at most, how often they are written.
//! Not here: what a line looks like (`subscriber`).
//!
//! A request's worker that writes its line itself waits for every other worker's line, and for the
//! file or collector behind standard error: a tenth of what a GET of 4 KiB costs.

use std::io::{self, BufWriter, Write};
use std::time::Duration;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

/// Lines that wait to be written at most; whoever has one more waits, so that none is lost.
const MAX_LINES: usize = 4096;
/// Bytes that are written at once at most.
const BUFFER_BYTES: usize = 64 * 1024;
/// How long the thread rests after it has written, so that the next write has more than one line:
/// the longest that a line is late.
const REST: Duration = Duration::from_millis(10);

/// A writer for each line of the log. What it took is written within [`REST`], or when the guard is
/// dropped; the guard waits for that at most a second.
pub(super) fn batched<W: Write + Send + 'static>(writer: W) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default()
        .buffered_lines_limit(MAX_LINES)
        .lossy(false)
        .thread_name("log")
        .finish(Batches(BufWriter::with_capacity(BUFFER_BYTES, writer)))
}

/// Rests whenever it has written all there was.
struct Batches<W: Write>(BufWriter<W>);

impl<W: Write> Write for Batches<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the log's own thread rests; no test's clock has to drive it"
    )]
    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.0.flush();
        std::thread::sleep(REST);
        flushed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        std::thread::scope(|scope| {
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
        std::thread::scope(|scope| {
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
}
