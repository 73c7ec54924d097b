//! Passwords and cookies: from a file, the environment or the terminal, never from a flag, where
//! any user of the machine could read them.

use crate::cli::failure::Failure;
use projectionist::{Secret, config::Login};
use std::path::Path;
use zeroize::Zeroizing;

/// A password kept in a file: its first line.
pub(crate) fn password_in(path: &Path) -> Result<Secret, Failure> {
    let text = read(path)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(Failure::Usage(format!(
            "{}: no password in it",
            path.display()
        ))),
    }
}

/// A password typed at the terminal, unseen.
pub(crate) fn ask_password(name: &str) -> Result<Secret, Failure> {
    let prompt = format!("Password of {name}: ");
    rpassword::prompt_password(prompt)
        .map(Secret::new)
        .map_err(|error| {
            Failure::Usage(format!(
                "no password for {name} ({error}): set CYTUBE_PASSWORD or give --password-file"
            ))
        })
}

/// A login by cookie: the file holds the value of the `auth` cookie, or cookies as a browser sends
/// them (`auth=…; ip-session=…`).
pub(crate) fn cookie_in(path: &Path) -> Result<Login, Failure> {
    let text = read(path)?;
    let named = |name: &str| {
        let mut pairs = text.split([';', '\n']).map(str::trim);
        pairs
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .map(Secret::new)
    };
    let auth = named("auth").or_else(|| {
        let whole = text.trim();
        (!whole.is_empty() && !whole.contains(['\n', ';'])).then(|| Secret::new(whole))
    });
    let auth = auth.ok_or_else(|| {
        Failure::Usage(format!(
            "{}: no auth cookie in it; write auth=VALUE",
            path.display()
        ))
    })?;
    Ok(Login::Cookie {
        auth,
        ip_session: named("ip-session"),
        anonymous_allowed: false,
    })
}

fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(text: &str) -> Result<(String, Option<String>), String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        match cookie_in(file.path()) {
            Ok(Login::Cookie {
                auth, ip_session, ..
            }) => Ok((
                auth.expose().to_owned(),
                ip_session.map(|s| s.expose().to_owned()),
            )),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn reads_cookies_as_a_browser_sends_them_or_bare() {
        let bare = ("a:1:s:h".to_owned(), None);
        assert_eq!(cookies("a:1:s:h\n"), Ok(bare.clone()));
        assert_eq!(cookies("auth=a:1:s:h"), Ok(bare));
        let both = ("x".to_owned(), Some("y".to_owned()));
        assert_eq!(cookies("other=1; auth=x; ip-session=y"), Ok(both.clone()));
        assert_eq!(cookies("ip-session=y\nauth=x\n"), Ok(both));
        assert!(cookies("").is_err());
        assert!(cookies("one=1; two=2").unwrap_err().contains("auth=VALUE"));
    }

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " with blanks \r\nnot this\n").unwrap();
        assert_eq!(password_in(file.path()).unwrap().expose(), " with blanks ");
        std::fs::write(file.path(), "\n").unwrap();
        assert!(password_in(file.path()).is_err());
    }
}
