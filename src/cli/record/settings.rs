//! What to record, and how: flags over the environment over a file, as one configuration.

use crate::cli::failure::Failure;
use crate::cli::record::address::Address;
use crate::cli::record::options::{DurabilityName, PlaybackName, Settings, TransportName};
use crate::cli::record::secrets::{ask_password, cookie_in, password_in};
use projectionist::{
    Config, Secret,
    config::{Durability, Login, PlaybackTicks, TransportChoice},
};
use std::path::Path;

/// Looks a variable of the environment up.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads a file of settings.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let bad = |detail: String| Failure::Usage(format!("{}: {detail}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    toml::from_str(&text).map_err(|error| {
        // The error would quote the line, which may hold what should not be shown.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        bad(format!("line {line}: {}", error.message()))
    })
}

/// One configuration from flags, environment and file.
pub(crate) fn configure(flags: Settings, env: Env<'_>, file: Settings) -> Result<Config, Failure> {
    let Address { origin, channel } = address(&flags, env, &file)?;
    let origin =
        origin.ok_or_else(|| missing("the channel's address", "https://cytu.be/r/MyChannel"))?;
    let channel = channel
        .ok_or_else(|| missing("the channel", "--channel NAME, or an address that has it"))?;
    let login = login(&flags, env, &file)?;
    let room_password = room_password(&flags, env, &file)?;
    let both = flags.or(file);
    let mut config = Config::new(origin, &channel)
        .login(login)
        .allow_insecure(both.allow_insecure.unwrap_or(false))
        .record_moderator_data(both.record_moderator_data.unwrap_or(false))
        .rejoin_after_kick(both.rejoin_after_kick.unwrap_or(false))
        .durability(match both.durability {
            Some(DurabilityName::Disk) => Durability::Disk,
            Some(DurabilityName::Process) | None => Durability::Process,
        })
        .transport(match both.transport {
            Some(TransportName::Websocket) => TransportChoice::Websocket,
            Some(TransportName::Polling) => TransportChoice::Polling,
            Some(TransportName::Auto) | None => TransportChoice::Auto,
        })
        .playback(match both.playback {
            Some(PlaybackName::All) => PlaybackTicks::All,
            Some(PlaybackName::Telling) | None => PlaybackTicks::Telling,
        });
    if let Some(path) = both.log {
        config = config.log(path);
    }
    if let Some(password) = room_password {
        config = config.channel_password(password);
    }
    if let Some(path) = both.ca {
        let pem = std::fs::read(&path)
            .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
        config = config.extra_roots(vec![pem]);
    }
    config.check()?;
    Ok(config)
}

fn missing(what: &str, how: &str) -> Failure {
    Failure::Usage(format!("{what} is missing: give {how}"))
}

fn address(flags: &Settings, env: Env<'_>, file: &Settings) -> Result<Address, Failure> {
    let (host, channel) = (env("CYTUBE_HOST"), env("CYTUBE_CHANNEL"));
    let sources = [
        (flags.url.as_deref(), flags.channel.as_deref()),
        (host.as_deref(), channel.as_deref()),
        (file.url.as_deref(), file.channel.as_deref()),
    ];
    let mut address = Address::default();
    for (url, channel) in sources {
        let next = Address::read(url, channel).map_err(Failure::Usage)?;
        address = address.or(next);
    }
    Ok(address)
}

/// As whom to join: the first source that says anything about it says it all.
fn login(flags: &Settings, env: Env<'_>, file: &Settings) -> Result<Login, Failure> {
    let ask = |name: String| account(name, flags, env, file);
    if let Some(login) = login_in(flags, ask) {
        return login;
    }
    match (env("CYTUBE_USERNAME"), env("CYTUBE_PASSWORD")) {
        (Some(name), Some(_)) => return account(name, flags, env, file),
        (Some(name), None) => return Ok(Login::Guest { name }),
        (None, _) => {}
    }
    login_in(file, ask).unwrap_or(Ok(Login::Anonymous))
}

fn login_in(
    source: &Settings,
    account: impl FnOnce(String) -> Result<Login, Failure>,
) -> Option<Result<Login, Failure>> {
    if let Some(path) = &source.cookie_file {
        return Some(cookie_in(path));
    }
    if let Some(name) = &source.account {
        return Some(account(name.clone()));
    }
    let name = source.guest.clone()?;
    Some(Ok(Login::Guest { name }))
}

fn account(
    name: String,
    flags: &Settings,
    env: Env<'_>,
    file: &Settings,
) -> Result<Login, Failure> {
    let password = match (
        &flags.password_file,
        env("CYTUBE_PASSWORD"),
        &file.password_file,
    ) {
        (Some(path), _, _) | (None, None, Some(path)) => password_in(path)?,
        (None, Some(password), _) => Secret::new(password),
        (None, None, None) => ask_password(&name)?,
    };
    Ok(Login::Account { name, password })
}

fn room_password(
    flags: &Settings,
    env: Env<'_>,
    file: &Settings,
) -> Result<Option<Secret>, Failure> {
    let found = (
        &flags.channel_password_file,
        env("CYTUBE_CHANNEL_PASSWORD"),
        &file.channel_password_file,
    );
    match found {
        (Some(path), _, _) | (None, None, Some(path)) => password_in(path).map(Some),
        (None, Some(password), _) => Ok(Some(Secret::new(password))),
        (None, None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(toml: &str) -> Settings {
        toml::from_str(toml).unwrap()
    }

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn environment(name: &str) -> Option<String> {
        let value = match name {
            "CYTUBE_HOST" => "https://env.example",
            "CYTUBE_CHANNEL" => "fromenv",
            "CYTUBE_USERNAME" => "envuser",
            "CYTUBE_PASSWORD" => "hunter2",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn flags_stand_over_the_environment_and_that_over_the_file() {
        let file =
            settings("url = 'https://file.example/r/fromfile'\nas = 'filer'\ndurability = 'disk'");
        let config = configure(Settings::default(), &nothing, file.clone()).unwrap();
        assert_eq!(
            (config.origin.as_str(), config.channel.as_str()),
            ("https://file.example", "fromfile")
        );
        assert_eq!(
            config.login,
            Login::Guest {
                name: "filer".into()
            }
        );
        assert_eq!(config.durability, Durability::Disk);

        let config = configure(Settings::default(), &environment, file.clone()).unwrap();
        assert_eq!(
            (config.origin.as_str(), config.channel.as_str()),
            ("https://env.example", "fromenv")
        );
        let account = Login::Account {
            name: "envuser".into(),
            password: Secret::new("hunter2"),
        };
        assert_eq!(config.login, account);

        let flags = settings(
            "url = 'https://flag.example/r/fromflag'\nas = 'flagger'\ndurability = 'process'",
        );
        let config = configure(flags, &environment, file).unwrap();
        assert_eq!(
            (config.origin.as_str(), config.channel.as_str()),
            ("https://flag.example", "fromflag")
        );
        assert_eq!(
            config.login,
            Login::Guest {
                name: "flagger".into()
            }
        );
        assert_eq!(config.durability, Durability::Process);
        assert_eq!(config.log_path, Path::new("fromflag.events.db"));
    }

    #[test]
    fn an_account_takes_its_password_from_the_environment() {
        let flags = settings("url = 'https://a.example/r/room'\naccount = 'me'");
        let config = configure(flags, &environment, Settings::default()).unwrap();
        let account = Login::Account {
            name: "me".into(),
            password: Secret::new("hunter2"),
        };
        assert_eq!(config.login, account);
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        let error = |toml: &str| {
            let failure = configure(settings(toml), &nothing, Settings::default()).unwrap_err();
            assert_eq!(failure.code(), 2, "{failure}");
            failure.to_string()
        };
        assert!(error("").contains("https://cytu.be/r/MyChannel"));
        assert!(error("url = 'https://a.example'").contains("--channel"));
        assert!(error("url = 'http://a.example/r/room'").contains("allow_insecure"));
        assert!(error("url = 'https://a.example/r/no+such'").contains("channel name"));
        assert!(
            error("url = 'https://a.example/r/room'\nca = '/no/such/file'")
                .contains("/no/such/file")
        );
    }

    #[test]
    fn a_file_of_settings_shows_where_it_is_wrong_and_nothing_of_its_values() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "as = 'me'\npassword = 'hunter2'\n").unwrap();
        let error = read_toml::<Settings>(file.path()).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && error.contains("password"),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}
