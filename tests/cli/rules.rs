//! The rules as they are published: a page for each, written from the documentation of its file, and the command.
//!
//! `UPDATE_GOLDEN=1` writes the pages anew. Each shows a record that fires the rule, and a test holds it to that.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use postern::config::Config;
use postern::decode::{Body, Limits, records};
use postern::judge::posture::{POSTURE_RULES, PostureRule};
use postern::judge::{
    CAMPAIGN_WEIGHING, Factor, PUBLIC_SUFFIX_LIST, RULES, Rule, RuleId, Severity, Tenant, Tenants, judge,
};
use serde_json::Value;

use crate::postern::postern;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a page needs of a rule about messages, or about changes.
struct Published {
    source: String,
    name: &'static str,
    severity: Severity,
    techniques: String,
    title: &'static str,
}

impl Published {
    fn all() -> Vec<Self> {
        RULES.iter().map(Self::about_mail).chain(POSTURE_RULES.iter().map(Self::about_posture)).collect()
    }

    fn about_mail(rule: &Rule) -> Self {
        Self::new("rules", rule.id.as_str(), rule.severity, rule.techniques, rule.title)
    }

    fn about_posture(rule: &PostureRule) -> Self {
        Self::new("posture/rules", rule.id.as_str(), rule.severity, rule.techniques, rule.title)
    }

    fn new(folder: &str, name: &'static str, severity: Severity, techniques: &[&str], title: &'static str) -> Self {
        let source = format!("src/judge/{folder}/{}.rs", name.replace('-', "_"));
        Self { source, name, severity, techniques: techniques.join(", "), title }
    }

    fn path(&self) -> PathBuf {
        root().join(format!("docs/rules/{}.md", self.name))
    }

    fn page(&self) -> String {
        let Self { source, name, severity, techniques, title } = self;
        let documentation = documentation(source);
        let (head, text) = documentation.split_first().unwrap();
        assert_eq!(*head, format!("# {name}"), "{source}");
        format!(
            "<!-- From {source}; change it there, then run UPDATE_GOLDEN=1 cargo test --test cli rules. -->\n{head}\n\n\
             {title}. On its own **{}** · {techniques} · [all rules](README.md)\n{}\n",
            severity.as_str(),
            text.join("\n"),
        )
    }

    fn row(&self) -> String {
        let Self { name, severity, techniques, title, .. } = self;
        format!("| [{name}]({name}.md) | {} | {techniques} | {title} |\n", severity.as_str())
    }
}

/// The documentation at the head of a file.
fn documentation(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect()
}

fn index() -> String {
    let mut page = "<!-- From the catalogue; to write it anew, run UPDATE_GOLDEN=1 cargo test --test cli rules. -->\n\
        # Rules\n\n\
        Names are public and stable: dashboards, suppressions and tickets may refer to them. Where several rules fire on a\n\
        message, the first one in this list names the alert.\n\n\
        | rule | on its own | techniques | fires on |\n|---|---|---|---|\n"
        .to_owned();
    RULES.iter().for_each(|rule| page += &Published::about_mail(rule).row());
    page += "\n## Changes of settings\n\n\
        Each is read from an audit record, in whatever table it comes: CloudAppEvents, OfficeActivity, the unified audit log.\n\n\
        | rule | severity | techniques | fires on |\n|---|---|---|---|\n";
    POSTURE_RULES.iter().for_each(|rule| page += &Published::about_posture(rule).row());
    page += "\n## Severity\n\n\
        A severity is a sum: the rule brings points, factors add and take, and the sum falls into a level. Every factor that\n\
        counted is listed in the alert.\n\n\
        | level | from | a rule of it brings |\n|---|---|---|\n";
    for level in Severity::ALL {
        let floor = level.floor().map_or_else(|| "any sum".to_owned(), |floor| floor.to_string());
        writeln!(page, "| {} | {floor} | {} |", level.as_str(), level.points()).unwrap();
    }
    page += "\n| factor | points | why it counts |\n|---|---|---|\n";
    for factor in Factor::ALL {
        writeln!(page, "| `{}` | {:+} | {} |", factor.as_str(), factor.effect(), factor.reason()).unwrap();
    }
    write!(
        page,
        "\n{CAMPAIGN_WEIGHING}\n\n\
         ## What identity rests on\n\n\
         A name is own by the accepted domains of the configuration alone. Whether two names are of one organisation, which\n\
         SPF and DKIM need to prove a claim, is read from the Public Suffix List that is compiled in ({PUBLIC_SUFFIX_LIST}).\n"
    )
    .unwrap();
    page
}

#[test]
fn rules_have_the_published_pages() {
    let pages = Published::all().into_iter().map(|rule| (rule.path(), rule.page()));
    for (path, text) in pages.chain([(root().join("docs/rules/README.md"), index())]) {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{}: write it anew with UPDATE_GOLDEN=1", path.display());
    }
    let pages = std::fs::read_dir(root().join("docs/rules")).unwrap();
    assert_eq!(pages.count(), RULES.len() + POSTURE_RULES.len() + 1, "docs/rules has a page of no rule");
}

/// The first block of a language on a page.
fn block<'p>(page: &'p str, language: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("```{language}\n"))?;
    rest.split("```").next()
}

/// The tenant of a page: of its configuration, where it shows one, else what `--domain contoso.com` makes.
fn tenants(page: &str) -> Tenants {
    match block(page, "toml") {
        Some(text) => Config::parse(text, &|_| None).unwrap().tenants,
        None => Config::for_domains(["contoso.com"]).unwrap(),
    }
}

fn fired(json: &str, tenant: &Tenant) -> Vec<RuleId> {
    let mut fired = None;
    records(json.as_bytes(), &Limits::default(), &mut |visit| {
        let Body::Mail(event) = visit.unwrap().decode().unwrap().body else { panic!("not mail: {json}") };
        let rules = judge(&event, tenant).rules;
        assert!(fired.replace(rules.iter().map(|rule| rule.id).collect()).is_none(), "one record");
    });
    fired.unwrap()
}

#[test]
fn the_example_of_each_of_the_rules_fires_exactly_that_rule() {
    for rule in &RULES {
        let page = Published::about_mail(rule).page();
        let tenants = tenants(&page);
        let (_, tenant) = tenants.iter().next().unwrap();
        assert_eq!(fired(block(&page, "json").unwrap(), tenant), [rule.id], "{}", rule.id.as_str());
    }
}

#[test]
fn the_catalogue_lists_the_rules_with_their_questions_and_the_factors_with_their_reasons() {
    let page = postern(["rules"]).stdout;
    let list: Value = serde_json::from_str(&postern(["rules", "--json"]).stdout).unwrap();
    let of = |key: &str| list[key].as_array().unwrap().clone();
    for rule in of("rules") {
        assert!(page.contains(rule["rule"].as_str().unwrap()));
        assert!(!rule["conditions"].as_array().unwrap().is_empty());
    }
    for rule in of("posture_rules") {
        assert!(page.contains(rule["rule"].as_str().unwrap()));
        assert!(!rule["signs"].as_array().unwrap().is_empty());
    }
    let lengths = ["rules", "posture_rules", "factors", "levels"].map(|key| of(key).len());
    assert_eq!(lengths, [RULES.len(), POSTURE_RULES.len(), Factor::ALL.len(), 4]);
    for factor in of("factors") {
        assert!(page.contains(factor["factor"].as_str().unwrap()) && factor["reason"].as_str().unwrap().ends_with('.'));
        assert!(page.contains(&format!("{:+}", factor["effect"].as_i64().unwrap())));
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
}

#[test]
fn the_list_that_rules_rest_on_is_shown_with_its_date() {
    let edition = PUBLIC_SUFFIX_LIST.to_string();
    assert!(postern(["--version"]).stdout.contains(&edition));
    assert!(!postern(["-V"]).stdout.contains(&edition), "one line for scripts");
    assert!(postern(["rules"]).stdout.contains(&edition));
}
