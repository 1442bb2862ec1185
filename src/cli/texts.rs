//! What commands tell people, in one place.

/// After `init`.
pub const INITIALISED: &str = "Data folder is ready.";
/// Where the root key went.
pub const ROOT_KEY_MADE: &str =
    "Root key (back it up at another place than the data; without it nothing can be read):";
/// Where the credential went.
pub const CREDENTIAL_MADE: &str =
    "Operator's credential (for 'riznica tenant', 'riznica key', 'riznica bucket'):";
/// After a key was made.
pub const SECRET_ONCE: &str =
    "The secret is shown this once and stored sealed. Give it to the tenant over a safe way.";
/// After a tenant was set up.
pub const SECRETS_ONCE: &str =
    "The secrets are shown this once and stored sealed. Give each to its user over a safe way.";
/// After a key was disabled.
pub const KEY_DISABLED: &str = "Access key is disabled.";
/// After a key was deleted.
pub const KEY_DELETED: &str = "Access key is deleted.";
/// The clocks are far apart.
pub const CLOCK_ALARM: &str = "The clocks are more than five minutes apart: after a downtime this passes by itself, otherwise\n\
     check the machine's clock (NTP). Retention holds meanwhile; docs/OPERATIONS.md says more.";
/// Counters and rows differ.
pub const USAGE_DISAGREES: &str = "usage as counted and what is stored differ. Where writes went on meanwhile, try again; otherwise \
     report it: quotas are judged by the counters";
/// Arguments of the report with a subcommand.
pub const USAGE_OF_RECOUNT: &str =
    "'usage recount' takes --tenant behind it, and neither --month nor --hourly";
/// Name of the sum of all buckets.
pub const USAGE_TOTAL: &str = "(total)";
/// The month is over.
pub const USAGE_COMPLETE: &str = "the month is complete";
/// The month is not over.
pub const USAGE_OPEN: &str = "up to then; the month is complete an hour after its end";
/// No secret for a load run.
pub const BENCH_SECRET: &str =
    "set AWS_SECRET_ACCESS_KEY to the secret of the access key, or give --secret-key-file";
/// A mix for a load run of one kind.
pub const BENCH_MIX: &str = "--mix is for 'riznica bench mixed'";
/// A range for a load run without any.
pub const BENCH_RANGE: &str = "--range-size is for 'riznica bench range', or a --mix with range";
/// An access key id that is none.
pub const BENCH_ACCESS_KEY: &str = "the access key id is not 3 to 128 letters, digits, underscores, dots and hyphens \
     (AWS_ACCESS_KEY_ID or --access-key)";
/// More connections than files may be open.
pub const BENCH_OPEN_FILES: &str = "the limit of open files (ulimit -n) leaves no room for so many connections: raise it, or lower \
     --concurrency";
/// The load run was its own bottleneck.
pub const BENCH_BUSY: &str = "The load generator was busy most of the time: the figures are its own. Run it on another machine, \
     or with more --threads.";
/// The load run has run out of objects.
pub const BENCH_NOTHING_LEFT: &str =
    "Everything was deleted before the time was over; more --objects last longer.";
/// An empty list.
pub const NOTHING: &str = "(none)";

/// After an operator was deleted.
pub const OPERATOR_DELETED: &str = "Operator is deleted.";
/// After a token was made.
pub const TOKEN_ONCE: &str =
    "The token is shown this once; its hash is stored. With --save it goes to a credential file.";
/// Where a credential was saved.
pub const CREDENTIAL_SAVED: &str = "Credential (give it to the operator over a safe way):";
/// Behind a question.
pub const YES_OR_NO: &str = "[y/N]";
/// Nobody can be asked.
pub const CONFIRMATION_MISSING: &str =
    "this destroys something, and there is no terminal to ask on; give --yes to mean it";
/// The answer was no.
pub const NOT_CONFIRMED: &str = "nothing was done";

/// Before an access key is deleted.
pub fn delete_key(access_key_id: &str) -> String {
    format!("Delete access key {access_key_id}? Clients that use it are locked out for good.")
}

/// Before an operator is deleted.
pub fn delete_operator(name: &str) -> String {
    format!("Delete operator {name}?")
}

/// Before an operator's token is replaced.
pub fn renew_operator(name: &str) -> String {
    format!("Renew the token of operator {name}? The one before stops working at once.")
}
