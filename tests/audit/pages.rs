//! What is written for people.

use std::fs;

use crate::golden::root;

/// The documentation of a posture rule is its page, as that of a rule about messages is.
#[test]
fn every_posture_rule_documents_itself() {
    let headings =
        ["What it detects", "Why it matters", "Evidence", "False positives", "How to respond", "Technique", "Example"];
    for rule in postern::judge::posture::POSTURE_RULES {
        let name = rule.id.as_str();
        let path = root().join(format!("src/judge/posture/rules/{}.rs", name.replace('-', "_")));
        let page = fs::read_to_string(path).unwrap();
        assert!(page.starts_with(&format!("//! # {name}\n")), "{name}");
        let missing: Vec<_> = headings.iter().filter(|it| !page.contains(&format!("\n//! ## {it}\n"))).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
        assert!(rule.techniques.iter().all(|technique| page.contains(technique)), "{name}: {:?}", rule.techniques);
    }
}
