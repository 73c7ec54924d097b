//! Chat filters as a list (`src/channel/filters.js`): only editors are told of changes.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::emotes::shift;
use crate::testing::model::html::{Filter, cut_utf16};
use crate::testing::model::wire::{text, truthy};
use serde_json::{Value, json};

/// Longest replacement, in UTF-16 units.
const REPLACE_UNITS_MAX: usize = 1_000;

/// Filters of one room.
const FILTERS_MAX: usize = 1_000;

impl Model {
    fn filters_mut(&mut self, id: ConnId, permission: &str) -> Option<&mut Vec<Filter>> {
        if !self.allowed(id, permission) {
            return None;
        }
        self.room_of_mut(id).map(|room| &mut room.filters)
    }

    fn filter_failed(&mut self, id: ConnId, msg: &str) {
        self.emit(id, "errorMsg", &json!({ "msg": msg, "alert": true }));
    }

    fn tell_editors(&mut self, id: ConnId, event: &str, arg: &Value) {
        if let Some(room) = self.room_name(id) {
            self.broadcast_to(&room, "filteredit", event, arg);
        }
    }

    pub(super) fn on_request_filters(&mut self, id: ConnId) {
        let filters = self.filters_mut(id, "filteredit");
        let list = filters.map(|filters| filters.iter().map(Filter::pack).collect());
        if let Some(list) = list {
            self.emit(id, "chatFilters", &Value::Array(list));
        }
    }

    pub(super) fn on_add_filter(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(arg), Some(filters)) = (arg, self.filters_mut(id, "filteredit")) else {
            return;
        };
        let filter = match checked(arg) {
            Ok(filter) => filter,
            Err(msg) => return self.filter_failed(id, &msg),
        };
        if filters.iter().any(|known| known.name == filter.name) {
            let name = filter.name;
            let msg = format!(
                "Filter add failed: Filter '{name}' already exists.  Please choose a different name"
            );
            return self.filter_failed(id, &msg);
        }
        if filters.len() >= FILTERS_MAX {
            return self.filter_failed(id, "Filter add failed: too many filters");
        }
        filters.push(filter.clone());
        self.emit_bare(id, "addFilterSuccess");
        self.tell_editors(id, "updateChatFilter", &filter.pack());
    }

    pub(super) fn on_update_filter(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(arg), Some(filters)) = (arg, self.filters_mut(id, "filteredit")) else {
            return;
        };
        let filter = match checked(arg) {
            Ok(filter) => filter,
            Err(msg) => return self.filter_failed(id, &msg),
        };
        let Some(known) = filters.iter_mut().find(|known| known.name == filter.name) else {
            let msg = "Filter update failed: Filter to be updated does not exist";
            return self.filter_failed(id, msg);
        };
        known.clone_from(&filter);
        self.tell_editors(id, "updateChatFilter", &filter.pack());
    }

    pub(super) fn on_remove_filter(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(arg), Some(filters)) = (arg, self.filters_mut(id, "filteredit")) else {
            return;
        };
        let Some(name) = text(arg, "name") else {
            return;
        };
        filters.retain(|known| known.name != name);
        self.tell_editors(id, "deleteChatFilter", arg);
    }

    pub(super) fn on_move_filter(&mut self, id: ConnId, arg: Option<&Value>) {
        if let Some(filters) = self.filters_mut(id, "filteredit") {
            shift(filters, arg);
        }
    }

    pub(super) fn on_import_filters(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(Value::Array(list)), Some(filters)) = (arg, self.filters_mut(id, "filterimport"))
        else {
            return;
        };
        let valid = list.iter().filter_map(|filter| checked(filter).ok());
        *filters = valid.take(FILTERS_MAX).collect();
        let packed = Value::Array(filters.iter().map(Filter::pack).collect());
        self.tell_editors(id, "chatFilters", &packed);
    }
}

/// A filter as kept, or what is wrong with it.
fn checked(arg: &Value) -> Result<Filter, String> {
    let field = |key| text(arg, key).ok_or_else(|| format!("Filter {key} must be a string"));
    let source = field("source")?;
    let open = |c| source.matches(c).count() - source.matches(&format!("\\{c}")).count();
    if open('(') > open(')') {
        return Err("Invalid regex: missing )".into());
    }
    Ok(Filter {
        name: field("name")?.to_owned(),
        source: source.to_owned(),
        flags: cut_utf16(text(arg, "flags").unwrap_or("g"), 4),
        replace: cut_utf16(&field("replace")?.replace("$1", "\\1"), REPLACE_UNITS_MAX),
        active: truthy(arg.get("active")),
        filterlinks: truthy(arg.get("filterlinks")),
    })
}
