//! `AuthenticationDetails`: a JSON object in a string, or, from an exporter that unpacks it, an object.

use super::key::Key;
use super::members::Members;
use crate::event::{AuthResults, CompAuth, DkimResult, DmarcResult, SpfResult};

/// What is there and cannot be read: every method present, none of them passed.
///
/// The alternatives are worse. Losing the record would let whoever can garble this column walk past the detector, and
/// "nothing is known" would excuse the mail where a failure convicts it. "Other" can make no mail aligned.
const UNREADABLE: AuthResults = AuthResults {
    spf: Some(SpfResult::Other),
    dkim: Some(DkimResult::Other),
    dmarc: Some(DmarcResult::Other),
    comp_auth: Some(CompAuth::Other),
    comp_auth_reason: None,
};

/// Reads the column; `None` stands for a column that is missing, null or empty, as in system messages.
pub(super) fn results(column: Option<&str>) -> AuthResults {
    column.map_or_else(AuthResults::default, |json| read(json).unwrap_or(UNREADABLE))
}

fn read(json: &str) -> Option<AuthResults> {
    let details = Members::of(json)?;
    Some(AuthResults {
        spf: details.text(Key::Spf).ok()?.as_deref().map(SpfResult::parse),
        dkim: details.text(Key::Dkim).ok()?.as_deref().map(DkimResult::parse),
        dmarc: details.text(Key::Dmarc).ok()?.as_deref().map(DmarcResult::parse),
        comp_auth: details.text(Key::CompAuth).ok()?.as_deref().map(CompAuth::parse),
        comp_auth_reason: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inbound_mail_has_four_results() {
        let read = results(Some(r#"{"SPF":"softfail","DKIM":"none","DMARC":"fail","CompAuth":"fail"}"#));
        assert_eq!(read.spf, Some(SpfResult::SoftFail));
        assert_eq!(read.dkim, Some(DkimResult::None));
        assert_eq!(read.dmarc, Some(DmarcResult::Fail));
        assert_eq!(read.comp_auth, Some(CompAuth::Fail));
    }

    #[test]
    fn a_missing_result_is_no_failure() {
        let read = results(Some(r#"{"DKIM":"none","DMARC":"none","SPF":null,"CompAuth":""}"#));
        assert_eq!((read.spf, read.comp_auth), (None, None));
        assert_eq!(results(None), AuthResults::default());
        assert_eq!(results(Some("{}")), AuthResults::default());
    }

    #[test]
    fn what_cannot_be_read_is_present_and_no_pass() {
        for json in
            ["pass", "null", "[]", r#"{"DMARC":"pass""#, r#"{"DMARC":["pass"]}"#, r#"{"SPF":"pass","SPF":"pass"}"#]
        {
            assert_eq!(results(Some(json)), UNREADABLE, "{json}");
        }
    }
}
