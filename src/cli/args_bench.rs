//! Arguments and help texts of `bench`.

use crate::bench::plan::parse_duration;
use crate::bench::{Kind, Mix, SizeRange};
use crate::model::bucket::BucketName;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchOperation {
    /// DeleteObject of the prepared objects, each once; ends when none is left.
    Delete,
    /// GetObject of the prepared objects.
    Get,
    /// HeadObject of the prepared objects.
    Head,
    /// ListObjectsV2 of the prepared objects, a page of up to 1,000 from anywhere.
    List,
    /// All of --mix.
    Mixed,
    /// PutObject of new objects.
    Put,
    /// GetObject of --range-size bytes anywhere in the prepared objects.
    Range,
}

impl BenchOperation {
    /// The one kind of request; `None` for a mix.
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Delete => Some(Kind::Delete),
            Self::Get => Some(Kind::Get),
            Self::Head => Some(Kind::Head),
            Self::List => Some(Kind::List),
            Self::Mixed => None,
            Self::Put => Some(Kind::Put),
            Self::Range => Some(Kind::Range),
        }
    }
}

/// `bench`
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// What is sent.
    #[arg(value_enum, default_value_t = BenchOperation::Mixed)]
    pub operation: BenchOperation,
    /// Where the S3 endpoint is, such as `http://127.0.0.1:9000`.
    #[arg(long, value_name = "URL")]
    pub endpoint: String,
    /// A bucket that there is; objects under retention could not be deleted.
    #[arg(long, value_name = "NAME", value_parser = bucket)]
    pub bucket: BucketName,
    /// Access key id.
    #[arg(long, value_name = "ID", env = "AWS_ACCESS_KEY_ID")]
    pub access_key: String,
    /// File with the secret of the access key, in place of `AWS_SECRET_ACCESS_KEY` and
    /// `AWS_SESSION_TOKEN`.
    #[arg(long, value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
    /// The endpoint's region.
    #[arg(
        long,
        value_name = "NAME",
        env = "AWS_DEFAULT_REGION",
        default_value = "us-east-1"
    )]
    pub region: String,
    /// PEM file of the authorities whose certificates are trusted, for https.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/ssl/certs/ca-certificates.crt"
    )]
    pub ca_file: PathBuf,
    /// Size of objects, such as 4KiB, or a range 4KiB..1MiB, in which each doubling is as frequent
    /// as the others; may be repeated, and each is as frequent as the others.
    #[arg(long, value_name = "SIZE", value_parser = SizeRange::parse, default_value = "4KiB")]
    pub size: Vec<SizeRange>,
    /// Bytes of a range [default: 4KiB].
    #[arg(long, value_name = "SIZE")]
    pub range_size: Option<bytesize::ByteSize>,
    /// Connections, each with one request at a time.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    pub concurrency: usize,
    /// Threads that the connections share [default: as many as there are processors].
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<usize>,
    /// How long to measure: 30s, 5m, 1h.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "30s")]
    pub duration: Duration,
    /// How long to send before that what does not count.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub warm_up: Duration,
    /// How long a request may take before it is an error.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "60s")]
    pub timeout: Duration,
    /// Objects that are written first, for what reads, lists or deletes them.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    pub objects: u64,
    /// Weights of kinds of requests [default: put=20,get=70,head=5,delete=5].
    #[arg(long, value_name = "KIND=WEIGHT,..", value_parser = Mix::parse)]
    pub mix: Option<Mix>,
    /// Sign bodies, in place of UNSIGNED-PAYLOAD; their hashes cost this program's CPU, not the
    /// measured time.
    #[arg(long)]
    pub signed_payload: bool,
    /// What stands before the id of the run in all keys.
    #[arg(long, value_name = "PREFIX", default_value = "riznica-bench/")]
    pub prefix: String,
    /// Leave everything that was written.
    #[arg(long)]
    pub keep: bool,
    /// Number that contents, sizes and choices follow from [default: a random one].
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// The server's process on this machine, to tell its CPU and memory.
    #[arg(long, value_name = "PID")]
    pub pid: Option<u32>,
}

fn bucket(text: &str) -> Result<BucketName, String> {
    BucketName::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: BenchArguments,
    }

    fn parsed(words: &str) -> Result<BenchArguments, String> {
        let fixed = "bench --endpoint http://h --bucket load --access-key AKID ";
        let words = format!("{fixed}{words}");
        let line = Line::try_parse_from(words.split_whitespace());
        line.map(|line| line.arguments)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_have_the_defaults_that_the_help_tells() {
        let arguments = parsed("").unwrap();
        assert_eq!(arguments.operation, BenchOperation::Mixed);
        assert_eq!((arguments.concurrency, arguments.objects), (16, 1000));
        assert_eq!(arguments.duration, Duration::from_secs(30));
        assert_eq!(arguments.size, [SizeRange::parse("4KiB").unwrap()]);
        assert!(!arguments.keep && !arguments.signed_payload && arguments.mix.is_none());
    }

    #[test]
    fn sizes_and_mixes_are_read() {
        let arguments = parsed("get --size 4KiB --size 1KiB..1MiB --warm-up 0s").unwrap();
        assert_eq!(
            (arguments.operation, arguments.size.len()),
            (BenchOperation::Get, 2)
        );
        let mix = parsed("--mix put=1,get=3").unwrap().mix.unwrap();
        assert!(mix.has(Kind::Put) && !mix.has(Kind::Head));
    }

    #[test]
    fn nonsense_is_refused_with_what_to_write() {
        for (words, told) in [
            ("--size 4XB", "write a size as 4KiB"),
            ("--duration soon", "write a duration as 30s"),
            ("--mix get", "write a mix as put=20"),
            ("copy", "possible values"),
            ("--concurrency -1", "unexpected argument"),
        ] {
            let refused = parsed(words).unwrap_err();
            assert!(refused.contains(told), "{words}: {refused}");
        }
        let refused = bucket("A").unwrap_err();
        assert!(refused.contains("bucket name breaks the naming rules"));
    }
}
