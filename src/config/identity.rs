//! Names: of tenants, domains, people and senders.

use crate::event::{Domain, Mailbox, Text};
use crate::judge::SenderPattern;

use super::mistake::quoted;
use super::section::{Field, Section};

/// An Entra tenant id, in lower case as it is compared.
pub(super) fn tenant_id(field: &Field<'_>) -> Option<String> {
    guid_of("tenant", "tenant id", field)
}

/// A Log Analytics workspace. It may hold the mail of several tenants, but its rows do not say whose, so it is listed
/// once.
pub(super) fn workspace_id(field: &Field<'_>) -> Option<String> {
    guid_of("workspace", "Log Analytics workspace", field)
}

fn guid_of(owner: &str, what: &'static str, field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if !is_guid(text) {
        return field.wrong(format!("{} is no {owner} id; write a GUID of 8-4-4-4-12 digits", quoted(text)));
    }
    field.once(what, text.to_ascii_lowercase())?;
    Some(text.to_owned())
}

/// 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_guid(text: &str) -> bool {
    let is_hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('-').all(is_hex) && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// A name for people that is also shown in alerts and may be the value of a metric's label.
pub(super) fn label(field: &Field<'_>) -> Option<String> {
    const CHARS_MAX: usize = 64;
    let text = field.text()?;
    let is_plain = text.chars().all(|char| char.is_alphanumeric() || " ._-".contains(char)) && text.trim() == text;
    if !is_plain || text.chars().count() > CHARS_MAX {
        return field.wrong(format!("write at most {CHARS_MAX} letters, digits, spaces, dots, dashes, underscores"));
    }
    Some(text.to_owned())
}

/// The name of a source or sink, unique among its like: the kind (`kafka`, then `kafka-2`, …) unless it is given.
pub(super) fn name(section: &mut Section<'_>, what: &'static str, kind: &str) -> Option<String> {
    let number = section.index() + 1;
    let default = if number == 1 { kind.to_owned() } else { format!("{kind}-{number}") };
    let name = section.or("name", default, slug)?;
    section.once(what, name.as_str())?;
    Some(name)
}

/// Part of positions in the ledger and of metrics, so kept plain.
fn slug(field: &Field<'_>) -> Option<String> {
    const CHARS_MAX: usize = 64;
    let text = field.text()?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_plain || text.len() > CHARS_MAX {
        return field.wrong(format!("write at most {CHARS_MAX} of a-z, 0-9 and -"));
    }
    Some(text.to_owned())
}

/// A domain, folded.
pub(super) fn domain(text: &str) -> Result<String, String> {
    const CHARS_MAX: usize = 253;
    let folded = Domain::fold(text);
    let name = folded.as_str();
    if name.len() <= CHARS_MAX && name.contains('.') && name.split('.').all(is_label) {
        return Ok(name.to_owned());
    }
    Err(match (text.contains('@'), text.trim().strip_prefix("*.")) {
        (true, _) => format!("{} is an address; write only what follows the @", quoted(text)),
        (_, Some(parent)) => format!("write {{ name = \"{}\", match_subdomains = true }}", parent.escape_debug()),
        _ => format!("{} is no domain; write it as in contoso.com", quoted(text)),
    })
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(plain)
}

/// A mail address, folded.
pub(super) fn address(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let is_local =
        |local: &str| !local.is_empty() && !local.contains(|char: char| char.is_control() || " *<>,;".contains(char));
    match text.trim().rsplit_once('@') {
        Some((local, of)) if is_local(local) => field.check(domain(of))?,
        _ => return field.wrong(format!("{} is no address; write it as in ceo@contoso.com", quoted(text))),
    };
    Mailbox { address: Some(Text::from(text)), domain: None }.folded_address()
}

/// A sender of a sanction: an address, or `*@domain`.
pub(super) fn sender(field: &Field<'_>) -> Option<SenderPattern> {
    match field.text()?.trim().strip_prefix("*@") {
        Some(of) => field.check(domain(of)).map(SenderPattern::AnyAt),
        None => address(field).map(SenderPattern::Address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_id_has_the_shape_of_a_guid() {
        assert!(is_guid("6F0C1D7E-0000-4000-8000-000000000001"));
        for text in ["", "6f0c1d7e000040008000000000000001", "{6f0c1d7e-0000-4000-8000-000000000001}", "g-0-0-0-0"] {
            assert!(!is_guid(text), "{text}");
        }
    }

    #[test]
    fn a_domain_is_folded_and_what_is_none_is_told_apart() {
        assert_eq!(domain("MÜNCHEN.example.").as_deref(), Ok("xn--mnchen-3ya.example"));
        assert!(domain("ceo@contoso.com").is_err_and(|message| message.contains("address")));
        assert!(domain("*.contoso.com").is_err_and(|message| message.contains("match_subdomains")));
        for text in ["contoso", ".", "a..b", "con toso.com", "*.\u{1b}[31m"] {
            assert!(domain(text).is_err_and(|message| !message.contains('\u{1b}')), "{text}");
        }
    }
}
