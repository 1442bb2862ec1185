//! What a run does, with everything that makes no sense refused.
//!
//! Owns: `Plan`, its bounds and durations as people write them. Not here: the command line's names
//! and defaults (`cli::args_bench`).

use crate::bench::mix::{Kind, Mix};
use crate::bench::sizes::Sizes;
use crate::model::bucket::BucketName;
use std::time::Duration;

/// Connections at once. Each holds up to some 200 KiB when bodies are large; more of them than this
/// need more than one machine to mean anything.
pub const CONCURRENCY_MAX: usize = 4096;
/// Objects that are prepared: eight bytes of memory for each.
pub const OBJECTS_MAX: u64 = 10_000_000;
/// The largest object that a single PUT makes (S3 user guide, "Uploading objects").
pub const SIZE_MAX: u64 = 5 << 30;
/// The longest run, warm-up or patience.
pub const DURATION_MAX: Duration = Duration::from_hours(24);
/// Characters of a prefix: with run id and number a key has to stay below 1,024.
const PREFIX_LEN_MAX: usize = 512;

/// Why a plan is refused, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlan {
    /// Too many or too few connections.
    #[error(
        "--concurrency is 1 to {max}; for more, run it on several machines at once",
        max = CONCURRENCY_MAX
    )]
    Concurrency,
    /// No time to measure, or more than a day.
    #[error("--duration and --timeout are above zero, and they and --warm-up 24h at most")]
    Duration,
    /// Not a duration.
    #[error("write a duration as 30s, 5m, 1h or 500ms")]
    DurationText,
    /// Deletions without anything to delete.
    #[error("a mix with delete needs put: beside other requests, what the run has put is deleted")]
    Mix,
    /// Too many or too few objects.
    #[error("--objects is 1 to {max}", max = OBJECTS_MAX)]
    Objects,
    /// A prefix that would have to be encoded, or is too long.
    #[error(
        "--prefix is {max} characters at most, of letters, digits and '-', '_', '.', '/', without a \
         '/' in front or two in a row",
        max = PREFIX_LEN_MAX
    )]
    Prefix,
    /// Ranges of nothing, or that reach over the end.
    #[error("--range-size is at least 1 byte and no more than the smallest --size")]
    RangeSize,
    /// Larger than a single PUT may be.
    #[error(
        "--size is 5GiB at most: that is what a single PUT takes, and there are no multipart uploads here"
    )]
    Size,
    /// Too many or too few threads.
    #[error("--threads is 1 to 256")]
    Threads,
}

/// What a run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The bucket, which exists.
    pub bucket: BucketName,
    /// What stands before the run id; ends with a slash unless it is empty.
    pub prefix: String,
    /// What is sent.
    pub mix: Mix,
    /// How large objects are.
    pub sizes: Sizes,
    /// Bytes of a range.
    pub range_len: u64,
    /// Connections, each with one request at a time.
    pub concurrency: usize,
    /// Threads that the connections share.
    pub threads: usize,
    /// How long requests begin that count.
    pub duration: Duration,
    /// How long requests begin before, which do not count.
    pub warm_up: Duration,
    /// How long a request may take.
    pub timeout: Duration,
    /// Objects that are there before reads and deletions begin.
    pub objects: u64,
    /// Whether bodies are signed; otherwise `UNSIGNED-PAYLOAD`.
    pub signs_payload: bool,
    /// Whether everything stays.
    pub is_kept: bool,
    /// What contents, sizes and choices follow from.
    pub seed: u64,
    /// The server's process on this machine.
    pub pid: Option<u32>,
}

impl Plan {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidPlan`.
    pub fn check(&self) -> Result<(), InvalidPlan> {
        let is_time = |time: Duration| !time.is_zero() && time <= DURATION_MAX;
        let refusals = [
            (
                (1..=CONCURRENCY_MAX).contains(&self.concurrency),
                InvalidPlan::Concurrency,
            ),
            ((1..=256).contains(&self.threads), InvalidPlan::Threads),
            (
                is_time(self.duration) && is_time(self.timeout) && self.warm_up <= DURATION_MAX,
                InvalidPlan::Duration,
            ),
            (
                (1..=OBJECTS_MAX).contains(&self.objects),
                InvalidPlan::Objects,
            ),
            (self.sizes.largest() <= SIZE_MAX, InvalidPlan::Size),
            (
                !self.mix.has(Kind::Range) || self.has_range(),
                InvalidPlan::RangeSize,
            ),
            (is_prefix(&self.prefix), InvalidPlan::Prefix),
            (
                !self.mix.has(Kind::Delete)
                    || self.mix.has(Kind::Put)
                    || self.mix.is_only(Kind::Delete),
                InvalidPlan::Mix,
            ),
        ];
        let refusal = refusals.into_iter().find(|(holds, _)| !holds);
        refusal.map_or(Ok(()), |(_, refusal)| Err(refusal))
    }

    fn has_range(&self) -> bool {
        (1..=self.sizes.smallest()).contains(&self.range_len)
    }

    /// Whether objects have to be there before it begins.
    pub fn is_prepared(&self) -> bool {
        Kind::ALL.into_iter().any(|kind| match kind {
            Kind::Put => false,
            // Beside PUTs, what they made is deleted.
            Kind::Delete => self.mix.is_only(kind),
            Kind::Get | Kind::Head | Kind::List | Kind::Range => self.mix.has(kind),
        })
    }
}

/// A prefix that needs no encoding in paths, queries and XML: the path that is signed is the path
/// that is sent.
fn is_prefix(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let has_slashes_apart = !text.starts_with('/') && !text.contains("//");
    let has_no_dots = text.split('/').all(|part| part != "." && part != "..");
    text.len() <= PREFIX_LEN_MAX && text.chars().all(is_plain) && has_slashes_apart && has_no_dots
}

/// Reads `30s`, `5m`, `1h`, `500ms`, or seconds.
///
/// # Errors
/// `DurationText`; `Duration` beyond a day.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidPlan> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let millis = match unit {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(InvalidPlan::DurationText),
    };
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse::<u64>().ok().filter(|_| is_number);
    let number = number.ok_or(InvalidPlan::DurationText)?;
    let duration = number.checked_mul(millis).map(Duration::from_millis);
    let duration = duration.filter(|duration| *duration <= DURATION_MAX);
    duration.ok_or(InvalidPlan::Duration)
}

#[cfg(test)]
pub(in crate::bench) mod tests {
    use super::*;
    use crate::bench::sizes::SizeRange;

    /// A plan that is good.
    pub(in crate::bench) fn plan() -> Plan {
        let sizes = vec![SizeRange::parse("4KiB").unwrap()];
        Plan {
            bucket: BucketName::parse("load").unwrap(),
            prefix: "bench/".to_owned(),
            mix: Mix::only(Kind::Get),
            sizes: Sizes::new(sizes).unwrap(),
            range_len: 4096,
            concurrency: 4,
            threads: 1,
            duration: Duration::from_secs(1),
            warm_up: Duration::ZERO,
            timeout: Duration::from_secs(30),
            objects: 10,
            signs_payload: false,
            is_kept: false,
            seed: 1,
            pid: None,
        }
    }

    fn refused(change: impl FnOnce(&mut Plan)) -> InvalidPlan {
        let mut plan = plan();
        change(&mut plan);
        plan.check().unwrap_err()
    }

    #[test]
    fn nonsense_is_refused_by_its_name() {
        plan().check().unwrap();
        assert_eq!(
            refused(|plan| plan.concurrency = 0),
            InvalidPlan::Concurrency
        );
        assert_eq!(
            refused(|plan| plan.concurrency = 4097),
            InvalidPlan::Concurrency
        );
        assert_eq!(refused(|plan| plan.threads = 0), InvalidPlan::Threads);
        assert_eq!(refused(|plan| plan.objects = 0), InvalidPlan::Objects);
        assert_eq!(
            refused(|plan| plan.objects = u64::MAX),
            InvalidPlan::Objects
        );
        let none = Duration::ZERO;
        assert_eq!(refused(|plan| plan.duration = none), InvalidPlan::Duration);
        assert_eq!(refused(|plan| plan.timeout = none), InvalidPlan::Duration);
        let deleting = |plan: &mut Plan| plan.mix = Mix::parse("get=9,delete=1").unwrap();
        assert_eq!(refused(deleting), InvalidPlan::Mix);
        let large = |plan: &mut Plan| {
            let size = SizeRange::parse("5368709121").unwrap();
            plan.sizes = Sizes::new(vec![size]).unwrap();
        };
        assert_eq!(refused(large), InvalidPlan::Size);
        for prefix in [
            "/a",
            "a//b",
            "a b",
            "\u{448}",
            "a/../b",
            "a?b",
            &"a".repeat(513),
        ] {
            let change = |plan: &mut Plan| plan.prefix = prefix.to_owned();
            assert_eq!(refused(change), InvalidPlan::Prefix, "{prefix}");
        }
    }

    #[test]
    fn ranges_fit_into_every_object() {
        let ranges = |range_len| {
            move |plan: &mut Plan| {
                plan.mix = Mix::only(Kind::Range);
                plan.range_len = range_len;
            }
        };
        assert_eq!(refused(ranges(0)), InvalidPlan::RangeSize);
        assert_eq!(refused(ranges(4097)), InvalidPlan::RangeSize);
        let mut plan = plan();
        plan.range_len = 4097;
        plan.check().unwrap();
    }

    #[test]
    fn objects_are_prepared_for_what_reads_them() {
        let is_prepared = |mix: &str| {
            let mut plan = plan();
            plan.mix = Mix::parse(mix).unwrap();
            plan.is_prepared()
        };
        assert!(is_prepared("get=1") && is_prepared("list=1,put=1") && is_prepared("delete=1"));
        assert!(!is_prepared("put=1") && !is_prepared("put=2,delete=1"));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        let seconds = Duration::from_secs;
        assert_eq!(parse_duration("30s"), Ok(seconds(30)));
        assert_eq!(parse_duration("30"), Ok(seconds(30)));
        assert_eq!(parse_duration("5m"), Ok(seconds(300)));
        assert_eq!(parse_duration("24h"), Ok(seconds(86_400)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("25h"), Err(InvalidPlan::Duration));
        for bad in ["", "s", "-1s", "+1s", "1.5s", "1 s", "1d", "1S"] {
            assert_eq!(parse_duration(bad), Err(InvalidPlan::DurationText), "{bad}");
        }
    }
}
