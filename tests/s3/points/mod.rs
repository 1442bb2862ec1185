//! What clients notice: one test, or several, for each point of the list of S3 behaviour. A test's
//! name begins with the point's number.

mod attributes;
mod multipart;
mod multipart_checksums;
mod multipart_complete;
mod multipart_listing;
mod part_reads;
mod uploads;
