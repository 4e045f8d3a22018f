//! Words that alerts share.

/// A count with its noun, which takes an s where it is more than one.
#[must_use]
pub fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Texts that an alert owns.
pub(super) fn owned<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    texts.into_iter().take(super::SAMPLES_MAX).map(str::to_owned).collect()
}
