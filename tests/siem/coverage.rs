//! Every use case has content in every stack, and the page says which file that is.

use std::collections::BTreeSet;
use std::fs;

use crate::sigma::content;

/// A use case by the stacks: Sigma, Sentinel, Splunk, Elastic, QRadar. Sigma has no word for what does not happen.
const USE_CASES: [[&str; 5]; 6] = [
    [
        "sigma/alerts/postern_campaign_high.yml",
        "sentinel/rules/PosternCampaignHigh.yaml",
        "Postern - Campaign of high severity",
        "elastic/rules/postern_campaign_high.toml",
        "qradar/searches/campaign_high.aql",
    ],
    [
        "sigma/alerts/postern_campaign_clicked.yml",
        "sentinel/rules/PosternCampaignClicked.yaml",
        "Postern - Link of a campaign followed",
        "elastic/rules/postern_campaign_clicked.toml",
        "qradar/searches/campaign_clicked.aql",
    ],
    [
        "sigma/alerts/mr_postern_spoof_then_signin.yml",
        "sentinel/rules/PosternSpoofThenSignIn.yaml",
        "Postern - Spoof, then sign-in from a new place",
        "elastic/rules/postern_spoof_then_sign_in.toml",
        "qradar/searches/spoof_then_sign_in.aql",
    ],
    [
        "sigma/alerts/postern_gate_opened.yml",
        "sentinel/rules/PosternGateOpened.yaml",
        "Postern - Gate opened",
        "elastic/rules/postern_gate_opened.toml",
        "qradar/searches/gate_opened.aql",
    ],
    [
        "sigma/alerts/mr_postern_gate_then_campaign.yml",
        "sentinel/rules/PosternGateThenCampaign.yaml",
        "Postern - Gate opened, campaign within a day",
        "elastic/rules/postern_gate_then_campaign.toml",
        "qradar/searches/gate_then_campaign.aql",
    ],
    [
        "",
        "sentinel/rules/PosternSilent.yaml",
        "Postern - Silent",
        "elastic/rules/postern_silent.toml",
        "qradar/searches/silent.aql",
    ],
];

fn page(path: &str) -> String {
    fs::read_to_string(content(path)).unwrap()
}

#[test]
fn every_use_case_is_in_every_stack() {
    let (searches, page) = (page("splunk/postern/default/savedsearches.conf"), page("README.md"));
    for use_case in USE_CASES {
        for place in use_case.into_iter().filter(|place| !place.is_empty()) {
            assert!(page.contains(place), "the page lacks {place}");
            match place.starts_with("Postern - ") {
                true => assert!(searches.contains(&format!("[{place}]\n")), "{place}"),
                false => assert!(content(place).is_file(), "{place}"),
            }
        }
    }
}

/// Whom a spoof concerns is who got it. A name that was only used has read nothing, and its sign-in from elsewhere is chance.
#[test]
fn a_sign_in_is_joined_with_who_got_the_mail_or_clicked_and_not_with_senders() {
    let searches = page("splunk/postern/default/savedsearches.conf");
    let splunk = searches.split_once("[Postern - Spoof, then sign-in from a new place]\n").unwrap().1;
    let sentinel = page("sentinel/rules/PosternSpoofThenSignIn.yaml");
    let joined = [
        (
            page("sigma/alerts/mr_postern_spoof_then_signin.yml"),
            ["before_signin: recipients", "before_signin: clicked_by"],
            "before_signin: senders",
        ),
        (sentinel, ["Account = Recipients", "Account = ClickedBy"], "Account = Senders"),
        (splunk.split_once("\n[").unwrap().0.to_owned(), ["recipients{}", "clicked_by{}"], "senders{}"),
        (
            page("elastic/rules/postern_spoof_then_sign_in.toml"),
            ["email.to.address", "postern.clicked_by"],
            "email.from.address",
        ),
        (
            page("qradar/searches/spoofed_accounts.aql"),
            ["PosternRecipientAddresses", "PosternClickedBy"],
            "PosternSenders",
        ),
    ];
    for (text, people, senders) in joined {
        assert!(people.iter().all(|field| text.contains(field)) && !text.contains(senders), "{text}");
    }
}

#[test]
fn nothing_is_there_that_the_page_does_not_name() {
    let page = page("README.md");
    let folders = ["sigma/alerts", "sigma/mail", "sigma/pipelines", "sentinel/rules", "sentinel/hunting"]
        .into_iter()
        .chain(["sentinel/functions", "elastic/rules", "qradar/searches"]);
    for folder in folders {
        for entry in fs::read_dir(content(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(page.contains(&name), "the page lacks {folder}/{name}");
        }
    }
}

#[test]
fn what_the_page_links_to_is_there() {
    for name in ["README.md", "qradar/README.md", "splunk/postern/README.md"] {
        let (text, folder) = (page(name), content(name).parent().unwrap().to_owned());
        let links: BTreeSet<_> = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
        assert!(!links.is_empty(), "{name}");
        for link in links.into_iter().filter(|link| !link.starts_with("https://")) {
            let file = link.split('#').next().unwrap();
            assert!(file.is_empty() || folder.join(file).exists(), "{name}: {link}");
        }
    }
}
