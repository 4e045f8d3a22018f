//! What somebody probably meant to type.

/// The known word that is at most two slips away, and less than half of what was written.
pub(super) fn nearest<'k>(written: &str, known: &'k [String]) -> Option<&'k str> {
    const SLIPS_MAX: usize = 2;
    let length = written.chars().count();
    let slips = |word: &&String| slips(written, word);
    let near = known.iter().filter(|word| word.chars().count().abs_diff(length) <= SLIPS_MAX).min_by_key(slips)?;
    (slips(&near) <= SLIPS_MAX.min(length / 2)).then_some(near)
}

/// Insertions, deletions and replacements that lead from one word to the other (Levenshtein), one row at a time.
fn slips(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (removed, char) in from.chars().enumerate() {
        let mut diagonal = removed;
        row[0] = removed + 1;
        for (column, other) in (1..).zip(to.chars()) {
            let replaced = diagonal + usize::from(char != other);
            diagonal = row[column];
            row[column] = replaced.min(diagonal + 1).min(row[column - 1] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["bootstrap", "topics", "group"].map(str::to_owned);
        assert_eq!(nearest("bootsrap", &known), Some("bootstrap"));
        assert_eq!(nearest("topic", &known), Some("topics"));
        assert_eq!(nearest("partition", &known), None);
        assert_eq!(nearest("x", &known), None);
    }

    #[test]
    fn slips_are_counted() {
        assert_eq!([slips("", "abc"), slips("kitten", "sitting"), slips("same", "same")], [3, 3, 0]);
    }
}
