//! What an ordinary tenant's administrators do.

use fastrand::Rng;
use postern::judge::posture::judge_audit;

use crate::shapes::{Line, Run, SHAPES, tenant};

#[test]
fn ten_thousand_ordinary_records_give_no_finding() {
    let mut rng = Rng::with_seed(20_261_102);
    let mut watched = 0;
    for _ in 0..10_000 {
        let run = ordinary(&mut rng);
        let (read, row) = run.shape(rng.usize(0..SHAPES));
        if let Some(event) = read(&row).unwrap() {
            watched += 1;
            assert_eq!(judge_audit(&event, &tenant()), [], "{row}");
        }
    }
    assert!((3_000..7_000).contains(&watched), "{watched} of them ran a cmdlet that we watch");
}

fn ordinary(rng: &mut Rng) -> Run {
    let dangerous = Run::new(
        OTHER_OPERATIONS[rng.usize(0..OTHER_OPERATIONS.len())],
        &[("RejectDirectSend", "False"), ("Enabled", "False"), ("SetSCL", "-1"), ("TreatMessagesAsInternal", "True")],
    );
    if rng.bool() {
        return dangerous.on("Block own-domain spoof");
    }
    let (operation, object, parameters) = ORDINARY[rng.usize(0..ORDINARY.len())];
    let mut parameters = parameters.to_vec();
    (0..rng.usize(0..3)).for_each(|_| parameters.push(HARMLESS[rng.usize(0..HARMLESS.len())]));
    rng.shuffle(&mut parameters);
    Run { has_failed: rng.u8(..) < 16, ..Run::new(operation, &parameters).on(object) }
}

const OTHER_OPERATIONS: [&str; 12] = [
    "Set-Mailbox",
    "New-InboxRule",
    "Add-MailboxPermission",
    "Set-OutboundConnector",
    "Get-InboundConnector",
    "Enable-TransportRule",
    "Test-OrganizationConfig",
    "Set-TransportConfig",
    "UserLoggedIn",
    "MailItemsAccessed",
    "FileAccessed",
    "Update user.",
];

const ORDINARY: [Line<'static>; 14] = [
    ("Set-OrganizationConfig", "contoso.onmicrosoft.com", &[("RejectDirectSend", "True")]),
    ("Set-OrganizationConfig", "contoso.onmicrosoft.com", &[("FocusedInboxOn", "False")]),
    ("Set-InboundConnector", "Inbound from filter", &[("SenderIPAddresses", "203.0.113.0/25"), ("Enabled", "True")]),
    ("Set-InboundConnector", "Inbound from filter", &[("RequireTls", "True"), ("TreatMessagesAsInternal", "False")]),
    ("New-TransportRule", "", &[("Name", "Disclaimer"), ("ApplyHtmlDisclaimerText", "reject direct send")]),
    ("Set-TransportRule", "Disclaimer", &[("ExceptIfFrom", "ceo@contoso.com"), ("SetSCL", "5")]),
    ("Remove-TransportRule", "Old newsletter", &[]),
    ("Set-AntiPhishPolicy", "Default", &[("EnableSpoofIntelligence", "True"), ("DmarcRejectAction", "Reject")]),
    ("New-TenantAllowBlockListSpoofItems", "", &[("SpoofedUser", "fabrikam.com"), ("Action", "Allow")]),
    ("New-TenantAllowBlockListSpoofItems", "", &[("SpoofedUser", "contoso.com"), ("Action", "Block")]),
    ("Set-HostedConnectionFilterPolicy", "Default", &[("IPBlockList", "198.51.100.7")]),
    ("Set-HostedContentFilterPolicy", "Default", &[("AllowedSenderDomains", "fabrikam.com")]),
    ("Set-HostedContentFilterPolicy", "Default", &[("BlockedSenderDomains", "contoso.com")]),
    ("New-AcceptedDomain", "", &[("Name", "contoso.com"), ("DomainName", "contoso.com")]),
];

const HARMLESS: [(&str, &str); 4] =
    [("DomainController", ""), ("Comment", "-RejectDirectSend \"False\""), ("Confirm", "False"), ("Force", "True")];
