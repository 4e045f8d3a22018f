//! `Parameters`: a list of names and values, as JSON, as a string of JSON, or as the line that was typed.

use super::row::{Column, Row, scalar};
use super::{AuditFlaw, PARAMETERS_MAX, powershell};
use crate::decode::quoted::Quoted;
use crate::decode::scan::Scan;
use crate::decode::undecodable::Reason;
use crate::event::{Parameter, Text};

/// What is wrong with a list that cannot be read.
const BAD: AuditFlaw = AuditFlaw::of(Reason::BadColumn, Column::Parameters);

/// The parameters that a cmdlet was given.
pub(super) fn given(written: Option<&str>) -> Result<Vec<Parameter<'_>>, AuditFlaw> {
    match written {
        None => Ok(Vec::new()),
        Some(written) if written.starts_with('[') => list(written, Column::Value),
        Some(written) if written.starts_with('"') => match Quoted::new(written, written.contains('\\')).plain() {
            Some(plain) => line(plain),
            None => Ok(line(&scalar(written))?.into_iter().map(Parameter::into_owned).collect()),
        },
        Some(_) => Err(BAD),
    }
}

/// The old values of what was modified. Nothing is decided by them, so what cannot be read is not known.
pub(super) fn before(written: Option<&str>) -> Vec<Parameter<'_>> {
    let list = written.filter(|written| written.starts_with('[')).map(|written| list(written, Column::OldValue));
    list.and_then(Result::ok).unwrap_or_default()
}

fn line(text: &str) -> Result<Vec<Parameter<'_>>, AuditFlaw> {
    if text.trim_start().starts_with('[') {
        return list(text, Column::Value);
    }
    let parameters: Vec<_> = powershell::parameters(text).take(PARAMETERS_MAX + 1).collect();
    // A line without a single parameter is not the line of a cmdlet.
    let is_line = !parameters.is_empty() || text.trim().is_empty();
    if is_line && parameters.len() <= PARAMETERS_MAX { Ok(parameters) } else { Err(BAD) }
}

fn list(json: &str, value: Column) -> Result<Vec<Parameter<'_>>, AuditFlaw> {
    let mut parameters = Vec::new();
    let mut flaw = None;
    let mut scan = Scan::new(json);
    let walked = scan.array(|scan| {
        let written = scan.written_value(u8::MAX)?;
        match element(written, value) {
            Ok(parameter) if parameters.len() < PARAMETERS_MAX => parameters.push(parameter),
            Ok(_) => flaw = Some(BAD),
            Err(of_element) => flaw = Some(of_element),
        }
        Ok(())
    });
    match flaw {
        None if walked.is_ok() && scan.peek().is_none() => Ok(parameters),
        None => Err(BAD),
        Some(flaw) => Err(flaw),
    }
}

fn element(json: &str, value: Column) -> Result<Parameter<'_>, AuditFlaw> {
    let row = Row::of(json).map_err(|_| BAD)?;
    let name = row.text(Column::Name)?.ok_or(BAD)?;
    let value = row.written(value)?.map(items).transpose()?;
    Ok(Parameter { name, value: value.unwrap_or_default() })
}

/// A scalar as text, an array as its items with semicolons between them, an object as it is written.
fn items(written: &str) -> Result<Text<'_>, AuditFlaw> {
    if !written.starts_with('[') {
        return Ok(scalar(written));
    }
    let mut items = String::new();
    let walked = Scan::new(written).array(|scan| {
        items.push_str(if items.is_empty() { "" } else { ";" });
        items.push_str(&scalar(scan.written_value(u8::MAX)?));
        Ok(())
    });
    walked.map(|()| Text::from(items)).map_err(|_| BAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> Result<Vec<(String, String)>, AuditFlaw> {
        let pair = |it: &Parameter<'_>| (it.name.to_string(), it.value.to_string());
        given(Some(written)).map(|all| all.iter().map(pair).collect())
    }

    #[test]
    fn every_form_says_the_same() {
        let expected = vec![("Identity".to_owned(), "Relay".to_owned()), ("Enabled".to_owned(), "False".to_owned())];
        for written in [
            r#"[{"Name":"Identity","Value":"Relay"},{"Name":"Enabled","Value":"False"}]"#,
            r#""[{\"Name\":\"Identity\",\"Value\":\"Relay\"},{\"Name\":\"Enabled\",\"Value\":\"False\"}]""#,
            r#""-Identity \"Relay\" -Enabled \"False\"""#,
            r#""-Identity Relay -Enabled:False""#,
        ] {
            assert_eq!(read(written).unwrap(), expected, "{written}");
        }
    }

    #[test]
    fn a_value_may_be_of_any_type() {
        let value = |written: &str| read(&format!(r#"[{{"Name":"x","Value":{written}}}]"#)).unwrap()[0].1.clone();
        assert_eq!(value("false"), "false");
        assert_eq!(value("null"), "");
        assert_eq!(value(r#"["a","b\u002ec",7]"#), "a;b.c;7");
        assert_eq!(value(r#"{"Add":["a"]}"#), r#"{"Add":["a"]}"#);
    }

    #[test]
    fn what_is_no_list_of_parameters_is_a_flaw() {
        for written in ["7", "{}", "[7]", r#"[{"Value":"x"}]"#, r#""no line""#, r#""[{]""#] {
            assert_eq!(read(written), Err(BAD), "{written}");
        }
        assert_eq!(given(None), Ok(vec![]));
        assert!(before(Some("[7]")).is_empty());
    }

    #[test]
    fn nobody_hides_behind_many_parameters() {
        let many = |count: usize| format!("[{}]", vec![r#"{"Name":"x","Value":"y"}"#; count].join(","));
        assert_eq!(read(&many(PARAMETERS_MAX)).unwrap().len(), PARAMETERS_MAX);
        assert_eq!(read(&many(PARAMETERS_MAX + 1)), Err(BAD));
        assert_eq!(read(&format!("\"{}\"", "-x y ".repeat(PARAMETERS_MAX + 1))), Err(BAD));
    }
}
