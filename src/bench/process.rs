//! What a process on this machine uses, from `/proc`.
//!
//! Owns: CPU time and resident memory of one process, its threads included. Not here: children.

use crate::bench::error::BenchError;
use std::fs::read_to_string;

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    /// User and system time, in seconds.
    pub(super) cpu_seconds: f64,
    /// Resident memory now, in bytes.
    pub(super) resident_bytes: u64,
    /// The most that was resident since the process began, in bytes.
    pub(super) resident_peak_bytes: u64,
}

/// Looks at a process; at this one without an id.
///
/// # Errors
/// `Process` when there is none, or it cannot be looked at.
pub(super) fn usage(pid: Option<u32>) -> Result<Usage, BenchError> {
    let refusal = || BenchError::Process {
        pid: pid.unwrap_or_else(std::process::id),
    };
    let name = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let read = |file| read_to_string(format!("/proc/{name}/{file}")).map_err(|_io| refusal());
    let ticks = rustix::param::clock_ticks_per_second();
    parse(&read("stat")?, &read("status")?, ticks).ok_or_else(refusal)
}

/// proc(5): `utime` and `stime` are fields 14 and 15 of `stat`, counted behind the name, which may
/// hold blanks and parentheses.
#[expect(
    clippy::cast_precision_loss,
    reason = "a process has not run for 2^52 ticks"
)]
fn parse(stat: &str, status: &str, ticks_per_second: u64) -> Option<Usage> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let number = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
        number.checked_mul(1024)
    };
    Some(Usage {
        cpu_seconds: (ticks(11)? + ticks(12)?) as f64 / ticks_per_second as f64,
        resident_bytes: kilobytes("VmRSS:")?,
        resident_peak_bytes: kilobytes("VmHWM:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_name() {
        let stat = "77 (a) b (c) S 1 77 77 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 9 0";
        let status = "Name:\ta\nVmHWM:\t    3000 kB\nVmRSS:\t    2000 kB\n";
        let used = parse(stat, status, 100).unwrap();
        assert!((used.cpu_seconds - 3.0).abs() < 1e-9);
        assert_eq!(
            (used.resident_bytes, used.resident_peak_bytes),
            (2_048_000, 3_072_000)
        );
        assert_eq!(parse("77 (a) S", status, 100), None);
        assert_eq!(parse(stat, "Name:\ta\n", 100), None);
    }

    #[test]
    fn this_process_can_be_looked_at_and_none_cannot() {
        assert!(usage(None).unwrap().resident_bytes > 0);
        assert!(usage(Some(std::process::id())).unwrap().resident_peak_bytes > 0);
        assert!(matches!(
            usage(Some(u32::MAX)),
            Err(BenchError::Process { pid: u32::MAX })
        ));
    }
}
