//! Limits as people write them on the command line.

/// A limit; `None` is without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

const NO_LIMIT: &str = "none";

/// Reads bytes as people write them.
///
/// # Errors
/// What to write instead.
pub fn byte_limit(text: &str) -> Result<Limit, String> {
    if text == NO_LIMIT {
        return Ok(Limit(None));
    }
    let size = text.parse::<bytesize::ByteSize>();
    let size = size.map_err(|_size| "write bytes as 500GB, 10TiB or none".to_owned())?;
    Ok(Limit(Some(size.as_u64())))
}

/// Reads a number.
///
/// # Errors
/// What to write instead.
pub fn count_limit(text: &str) -> Result<Limit, String> {
    if text == NO_LIMIT {
        return Ok(Limit(None));
    }
    let count = text.parse::<u64>();
    let count = count.map_err(|_count| "write a whole number or none".to_owned())?;
    Ok(Limit(Some(count)))
}

/// Reads days.
///
/// # Errors
/// What to write instead.
pub fn day_limit(text: &str) -> Result<Limit, String> {
    let days = count_limit(text).ok();
    let days = days.filter(|days| days.0.is_none_or(|days| (1..=36_500).contains(&days)));
    days.ok_or_else(|| "write 1 to 36500 days or none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_people_write_them() {
        assert_eq!(byte_limit("500GB"), Ok(Limit(Some(500_000_000_000))));
        assert_eq!(byte_limit("10TiB"), Ok(Limit(Some(10 << 40))));
        assert_eq!(byte_limit("1048576"), Ok(Limit(Some(1 << 20))));
        assert_eq!(byte_limit("none"), Ok(Limit(None)));
        assert_eq!(count_limit("1000"), Ok(Limit(Some(1000))));
        assert_eq!(day_limit("30"), Ok(Limit(Some(30))));
        assert_eq!(day_limit("none"), Ok(Limit(None)));
        for bad in ["", "0", "36501", "1 day"] {
            day_limit(bad).unwrap_err();
        }
        for bad in ["", "-1", "many", "10XB"] {
            byte_limit(bad).unwrap_err();
            count_limit(bad).unwrap_err();
        }
    }
}
