//! Whatever comes in.

use postern::decode::audit::{audit_record, cloud_app_event};
use postern::event::Parameter;
use postern::judge::posture::judge_audit;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::golden::{cases, input};
use crate::shapes::{Run, tenant};

proptest! {
    #[test]
    fn every_shape_tells_the_same_parameters(
        parameters in proptest::collection::vec(("[A-Za-z]{1,12}", any::<String>()), 1..12)
    ) {
        let run = Run { parameters: parameters.clone(), ..Run::new("Set-OrganizationConfig", &[]) };
        for (read, row) in run.shapes() {
            let event = read(&row).unwrap().unwrap();
            let pair = |it: &Parameter<'_>| (it.name.to_string(), it.value.to_string());
            prop_assert_eq!(event.parameters.iter().map(pair).collect::<Vec<_>>(), parameters.clone(), "{}", row);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        look_at(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_tokens_never_panic(tokens in proptest::collection::vec(select(TOKENS), 0..40)) {
        look_at(&tokens.concat());
    }

    #[test]
    fn arbitrary_values_never_panic(
        at in any::<Index>(), name in select(NAMES), value in "[-0-9./:;,*@{}()\"'=a-zé$ ]{0,40}"
    ) {
        let operation = OPERATIONS[at.index(OPERATIONS.len())];
        look_at(&Run::new(operation, &[(name, &value)]).on(&value).unified().to_string());
    }

    #[test]
    fn a_damaged_record_never_panics(case in any::<Index>(), at in any::<Index>(), byte in any::<u8>(), is_cut: bool) {
        let cases = cases();
        let (_, rows) = input(&cases[case.index(cases.len())]);
        let mut bytes = rows.lines().next().unwrap().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(if is_cut { at } else { bytes.len() });
        look_at(&String::from_utf8_lossy(&bytes));
    }
}

/// Reads and judges, whatever it is.
fn look_at(row: &str) {
    for event in [cloud_app_event(row), audit_record(row)].into_iter().flatten().flatten() {
        let _ = judge_audit(&event, &tenant());
    }
}

const OPERATIONS: [&str; 7] = [
    "Set-InboundConnector",
    "Set-TransportRule",
    "New-TransportRule",
    "Set-AcceptedDomain",
    "Set-HostedContentFilterPolicy",
    "Set-HostedConnectionFilterPolicy",
    "Set-AntiPhishPolicy",
];

const NAMES: &[&str] = &[
    "SenderIPAddresses",
    "SenderDomains",
    "ExceptIfSenderIpRanges",
    "SetSCL",
    "SetHeaderName",
    "DomainName",
    "AllowedSenders",
    "IPAllowList",
    "DmarcRejectAction",
    "Identity",
];

const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\\"",
    "null",
    "7",
    "é",
    "\"ActionType\":\"Set-OrganizationConfig\"",
    "\"Operation\":\"Set-InboundConnector\"",
    "\"Timestamp\":\"2026-11-02T08:14:09Z\"",
    "\"RawEventData\":",
    "\"auditData\":",
    "\"Parameters\":",
    "\"Name\":\"RejectDirectSend\"",
    "\"Value\":\"False\"",
    "\"-Enabled $false\"",
    "\"\\ud83d\"",
];
