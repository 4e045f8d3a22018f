//! Every page can be found, and no link leads nowhere.
//!
//! Headings get the anchors that code hosts give them: lower case, without punctuation, a hyphen for each space.

use std::collections::BTreeSet;

use crate::tree::{File, files, report};

/// Where a reader begins.
const MAP: &str = "docs/README.md";
/// What is not for readers of the documentation: the form of a record, not a record.
const UNLISTED: &str = "docs/decisions/0000-template.md";

#[test]
fn every_page_is_reached_from_the_map() {
    let files = files();
    let text = |path: &str| files.iter().find(|file| file.path == path).map_or("", File::text);
    let (mut reached, mut next) = (BTreeSet::new(), vec![MAP.to_owned()]);
    while let Some(page) = next.pop() {
        if reached.insert(page.clone()) {
            next.extend(links(text(&page)).filter_map(|link| target(&page, link)).map(|(path, _)| path));
        }
    }
    let pages = files.iter().filter(|file| file.path.starts_with("docs/") && file.path.ends_with(".md"));
    let lost = pages.filter(|page| page.path != UNLISTED && !reached.contains(&page.path));
    report(lost.map(|page| format!("{}: no way leads here from {MAP}; link to it", page.path)));
}

#[test]
fn no_link_of_a_page_leads_nowhere() {
    let files = files();
    let is_there =
        |path: &str| files.iter().any(|file| file.path == path || file.path.starts_with(&format!("{path}/")));
    let has_anchor = |path: &str, anchor: &str| {
        files.iter().any(|file| file.path == path && anchors(file.text()).any(|known| known == anchor))
    };
    let pages = files.iter().filter(|file| is_page(&file.path));
    report(pages.flat_map(|page| {
        let broken = |link: &&str| {
            target(&page.path, link).is_some_and(|(path, anchor)| {
                !is_there(&path) || anchor.is_some_and(|anchor| !has_anchor(&path, anchor))
            })
        };
        links(page.text()).filter(broken).map(|link| format!("{}: {link} leads nowhere", page.path)).collect::<Vec<_>>()
    }));
}

/// A picture that asks the network for a font or an image shows nothing where a SOC reads it, and tells others who does.
#[test]
fn pictures_ask_nobody_for_anything() {
    const ASKS: [&str; 6] = ["@import", "@font-face", "url(http", "href=\"http", "<script", "<image"];
    let files = files();
    let pictures = files.iter().filter(|file| file.path.starts_with("docs/pictures/") && file.path.ends_with(".svg"));
    report(pictures.flat_map(|picture| {
        let found = ASKS.iter().filter(|asks| picture.text().contains(*asks));
        found.map(|asks| format!("{}: `{asks}`; put it into the picture", picture.path)).collect::<Vec<_>>()
    }));
}

fn is_page(path: &str) -> bool {
    path.ends_with(".md") && (path.starts_with("docs/") || !path.contains('/'))
}

/// The targets of a page's links and pictures, outside of its code.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let prose = page.split("\n```").step_by(2);
    prose.flat_map(|prose| prose.split("](").skip(1)).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link)
}

/// The file, by its path from the root, and the anchor that a link names; none where it leaves the project.
fn target<'l>(page: &str, link: &'l str) -> Option<(String, Option<&'l str>)> {
    if link.contains("://") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    if path.is_empty() {
        return Some((page.to_owned(), anchor));
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some((parts.join("/"), anchor))
}

/// The anchors of a page's headings; one that comes again is counted.
fn anchors(page: &str) -> impl Iterator<Item = String> {
    let prose: Vec<&str> = page.split("\n```").step_by(2).collect();
    let headings = prose.into_iter().flat_map(str::lines).filter(|line| line.starts_with('#'));
    let mut seen: Vec<String> = Vec::new();
    headings.map(move |heading| {
        let anchor = anchor(heading.trim_start_matches('#').trim());
        let before = seen.iter().filter(|known| **known == anchor).count();
        seen.push(anchor.clone());
        if before == 0 { anchor } else { format!("{anchor}-{before}") }
    })
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.flat_map(char::to_lowercase).map(|char| if char == ' ' { '-' } else { char }).collect()
}

#[test]
fn anchors_are_those_of_code_hosts() {
    assert_eq!(anchor("`[[sink.teams]]` and `[[sink.slack]]`"), "sinkteams-and-sinkslack");
    assert_eq!(
        anchor("`stream`, `cursor` and `refusal`: who has told what"),
        "stream-cursor-and-refusal-who-has-told-what"
    );
    assert_eq!(anchors("# A b\n## A b\n```sh\n# no\n```\n## Ü?").collect::<Vec<_>>(), ["a-b", "a-b-1", "ü"]);
    assert_eq!(target("docs/sinks/a.md", "../b.md#c"), Some(("docs/b.md".to_owned(), Some("c"))));
}
