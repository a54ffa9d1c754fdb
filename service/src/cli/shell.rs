//! From the arguments to the exit code.

use std::ffi::OsString;
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser};
use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;

use super::error::{CommandError, OrFail as _};
use super::language::Language;
use super::logs::{self, LogFormat};

/// The command line of one program.
pub trait Command: Parser {
    /// What every program can be told; flattened into the command line.
    fn options(&self) -> &Options;
}

/// What every program can be told.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Options {
    /// Machine output: one JSON document on stdout; errors as JSON on stderr.
    #[arg(long, global = true)]
    json: bool,
    /// Language of the talk: zh or en [default: the system's].
    #[arg(long, global = true, env = "YONG_LANGUAGE", value_name = "LANGUAGE")]
    language: Option<Language>,
    /// How a service writes its log on stderr: text, in colour on a terminal, or json [default: text].
    #[arg(long, global = true, env = logs::VARIABLE, value_name = "FORMAT", hide_possible_values = true)]
    log_format: Option<LogFormat>,
}

impl Options {
    /// The language, where one was asked for.
    pub fn language(&self) -> Option<Language> {
        self.language
    }
}

/// The answer to what a command asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Yes,
    /// Exit code 1.
    No,
}

impl Verdict {
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
        }
    }
}

impl From<bool> for Verdict {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Reads the arguments, lets `execute` do the work, and says how it ended.
pub fn run<C, E>(execute: impl FnOnce(C, Shell) -> Result<Verdict, E>) -> ExitCode
where
    C: Command,
    E: Into<CommandError>,
{
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let ambient = std::env::var("YONG_LANGUAGE").ok().and_then(|tag| tag.parse().ok());
    let ambient = ambient.unwrap_or_else(Language::of_the_system);
    match parse::<C>(&arguments, ambient) {
        Ok((command, shell)) => match execute(command, shell) {
            Ok(verdict) => verdict.exit_code().into(),
            Err(error) => shell.fail(&error.into()),
        },
        Err(Stopped::Shown(shown)) => {
            // A reader that went away has what it wanted.
            shown.print().ok();
            ExitCode::SUCCESS
        }
        Err(Stopped::Usage(usage, shell)) => shell.fail_with(&usage.error, &usage.hints),
    }
}

/// To whom a command talks, and in which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shell {
    format: Format,
    language: Language,
    logs: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    People,
    Json,
}

impl Shell {
    /// As the options say, in the system's language where they name none.
    pub fn new(options: &Options) -> Self {
        Self::with_ambient(*options, Language::of_the_system())
    }

    /// The same, talking in another language: where a file that is read later chooses it.
    #[must_use]
    pub fn with_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Whether programs read the answer.
    pub fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// The language of the talk.
    pub fn language(self) -> Language {
        self.language
    }

    /// Gives the answer on standard output: one line of JSON, or text for people.
    pub fn answer(self, json: &impl Serialize, people: impl FnOnce() -> String) -> Result<(), CommandError> {
        let text = match self.format {
            Format::Json => serde_json::to_string(json).expect("answers are maps with text keys"),
            Format::People => people(),
        };
        match print(&mut io::stdout().lock(), &text) {
            // A reader that went away has what it wanted.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::new(
                "cannot_print",
                format!("the answer was not written: {error}"),
                "Write it to another file.",
            )),
            _ => Ok(()),
        }
    }

    /// Talks to people; programs hear nothing of it, unless they read the log.
    pub fn say(self, chinese: &str, english: &str) {
        let said = self.language.pick(chinese, english);
        match (self.format, self.logs) {
            (Format::Json, _) => {}
            (Format::People, LogFormat::Json) => logs::in_json(|| tracing::info!("{said}")),
            (Format::People, LogFormat::Text) => talk(said),
        }
    }

    /// Begins the log of a service; how much of it, `YONG_LOG` says, else `default`.
    pub fn log(self, default: LevelFilter) {
        self.logs.start(default);
    }

    /// Asks on standard error whether to go on; only `yes` on standard input is yes, and its end is no. Programs that read the
    /// answer are asked too.
    pub fn agreed(self, chinese: &str, english: &str) -> Result<bool, CommandError> {
        eprint!("{}", self.language.pick(chinese, english));
        let read = io::stderr().flush().and_then(|()| io::stdin().lock().take(16).lines().next().transpose());
        let answer = read.or_fail("no_answer", "reading the answer", "Type it, or give --yes.")?;
        Ok(answer.is_some_and(|answer| answer.trim() == "yes"))
    }

    /// Says an error on standard error, and gives the exit code.
    pub fn fail(self, error: &CommandError) -> ExitCode {
        self.fail_with(error, "")
    }

    fn fail_with(self, error: &CommandError, hints: &str) -> ExitCode {
        match (self.format, self.logs) {
            (Format::People, LogFormat::Json) => self.log_error(error),
            _ => talk(&self.describe(error, hints)),
        }
        error.exit_code().into()
    }

    fn describe(self, error: &CommandError, hints: &str) -> String {
        match self.format {
            Format::Json => error.to_json(self.language).to_string(),
            Format::People if hints.is_empty() => error.to_text(self.language),
            Format::People => format!("{}\n\n{hints}", error.to_text(self.language)),
        }
    }

    fn log_error(self, error: &CommandError) {
        let (code, remedy) = (error.code(), error.remedy(self.language));
        logs::in_json(|| tracing::error!(error = code, remedy, "{}", error.message(self.language)));
    }

    fn with_ambient(options: Options, ambient: Language) -> Self {
        let format = if options.json { Format::Json } else { Format::People };
        let logs = options.log_format.unwrap_or_default();
        Self { format, language: options.language.unwrap_or(ambient), logs }
    }
}

/// Why no work is done.
enum Stopped {
    /// Help or the version was asked for.
    Shown(clap::Error),
    /// The arguments are wrong.
    Usage(Box<Usage>, Shell),
}

/// An error, and what clap adds for people.
struct Usage {
    error: CommandError,
    hints: String,
}

fn parse<C: Command>(arguments: &[OsString], ambient: Language) -> Result<(C, Shell), Stopped> {
    match C::try_parse_from(arguments) {
        Ok(command) => {
            let shell = Shell::with_ambient(*command.options(), ambient);
            Ok((command, shell))
        }
        Err(shown) if !shown.use_stderr() => Err(Stopped::Shown(shown)),
        Err(error) => {
            Err(Stopped::Usage(Box::new(usage::<C>(&error)), Shell::with_ambient(peek(arguments), ambient)))
        }
    }
}

/// What clap says comes in paragraphs: the error, with the arguments it is about, then tips and how to use
/// the command.
fn usage<C: Command>(error: &clap::Error) -> Usage {
    let text = error.render().to_string();
    let text = text.trim().trim_start_matches("error: ");
    let (what, hints) = match error.kind() {
        // Here clap shows the help alone.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => ("no command was given", text),
        _ => text.split_once("\n\n").unwrap_or((text, "")),
    };
    let what: Vec<&str> = what.lines().map(str::trim).collect();
    let what = what.join(" ");
    let hints = hints.split("\n\n").filter(|paragraph| !paragraph.starts_with("For more information"));
    let hints: Vec<&str> = hints.map(str::trim_end).collect();
    let name = C::command().get_name().to_owned();
    let error = CommandError::new("usage", &what, format!("See `{name} --help`."))
        .in_chinese(format!("命令行有误：{what}"), format!("请看 `{name} --help`。"));
    Usage { error, hints: hints.join("\n\n") }
}

/// The options of arguments that clap does not take.
fn peek(arguments: &[OsString]) -> Options {
    let words = arguments.iter().filter_map(|argument| argument.to_str()).take_while(|word| *word != "--");
    let words: Vec<&str> = words.collect();
    let after = words.iter().position(|word| *word == "--language").and_then(|at| words.get(at + 1)).copied();
    let joined = words.iter().find_map(|word| word.strip_prefix("--language="));
    let language = after.or(joined).and_then(|tag| tag.parse().ok());
    let logs = LogFormat::of_the_environment();
    Options { json: words.contains(&"--json"), language, log_format: Some(logs) }
}

fn print(out: &mut impl io::Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn talk(text: &str) {
    // Where nobody hears it, nobody needs to.
    writeln!(io::stderr().lock(), "{text}").ok();
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Subcommand};

    use super::*;

    #[derive(Parser)]
    #[command(name = "trial", version)]
    struct Trial {
        #[command(flatten)]
        options: Options,
        #[command(subcommand)]
        act: Act,
    }

    #[derive(Subcommand)]
    enum Act {
        Offer {
            #[arg(long)]
            schema: String,
            #[arg(long)]
            person: u32,
        },
    }

    impl Command for Trial {
        fn options(&self) -> &Options {
            &self.options
        }
    }

    fn parsed(line: &str) -> Result<(Trial, Shell), Stopped> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        parse::<Trial>(&arguments, Language::English)
    }

    fn complaint(line: &str) -> String {
        match parsed(line) {
            Err(Stopped::Usage(usage, shell)) => shell.describe(&usage.error, &usage.hints),
            Err(Stopped::Shown(shown)) => panic!("{shown}"),
            Ok(_) => panic!("{line} is right"),
        }
    }

    #[test]
    fn the_options_are_consistent_and_stand_anywhere() {
        Trial::command().debug_assert();
        let (trial, shell) = parsed("trial offer --schema x --person 1 --json --language zh").ok().unwrap();
        let Act::Offer { schema, person } = trial.act;
        assert_eq!((schema.as_str(), person), ("x", 1));
        assert_eq!(shell, Shell { format: Format::Json, language: Language::Chinese, logs: LogFormat::Text });
    }

    #[test]
    fn a_wrong_command_line_is_an_error_like_any_other() {
        let wanted = serde_json::json!({
            "error": "usage",
            "message": "The following required arguments were not provided: \
                        --schema <SCHEMA> --person <PERSON>.",
            "remedy": "See `trial --help`.",
        });
        let said: serde_json::Value = serde_json::from_str(&complaint("trial offer --json")).unwrap();
        assert_eq!(said, wanted);
        let said = complaint("trial offer --schema x --person y");
        assert!(said.starts_with("Error: Invalid value 'y' for '--person <PERSON>': "), "{said}");
        assert!(said.contains(".\nSee `trial --help`."), "{said}");
    }

    #[test]
    fn people_are_shown_how_to_use_it_and_programs_are_not() {
        let said = complaint("trial offer --shema x");
        assert!(
            said.starts_with("Error: Unexpected argument '--shema' found.\nSee `trial --help`.\n\n"),
            "{said}"
        );
        assert!(said.contains("tip: ") && said.contains("Usage: trial offer"), "{said}");
        assert!(!said.contains("For more information"), "{said}");
        assert!(!complaint("trial offer --shema x --json").contains("Usage"));
        let said = complaint("trial");
        assert!(said.starts_with("Error: No command was given.\nSee `trial --help`.\n\n"), "{said}");
        assert!(said.contains("Commands:"), "{said}");
    }

    #[test]
    fn the_language_is_known_before_the_arguments_are_right() {
        for line in ["trial --language zh nothing", "trial nothing --language=zh"] {
            let said = complaint(line);
            assert!(
                said.starts_with("错误：命令行有误：unrecognized subcommand 'nothing'。\n请看 "),
                "{said}"
            );
        }
        assert!(complaint("trial nothing -- --language zh --json").starts_with("Error: "));
    }

    #[test]
    fn help_is_no_error() {
        assert!(matches!(parsed("trial --help"), Err(Stopped::Shown(_))));
        assert!(matches!(parsed("trial --version"), Err(Stopped::Shown(_))));
    }

    #[test]
    fn an_answer_ends_with_one_line_end() {
        for (text, wanted) in [("a", "a\n"), ("a\n", "a\n"), ("", "")] {
            let mut out = Vec::new();
            print(&mut out, text).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), wanted);
        }
    }

    #[test]
    fn a_no_is_not_an_error() {
        assert_eq!((Verdict::Yes.exit_code(), Verdict::from(false).exit_code()), (0, 1));
    }
}
