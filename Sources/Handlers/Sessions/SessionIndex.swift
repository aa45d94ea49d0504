import Foundation
import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `GET /api/sessions`: the list (wire-sessions-chat 1.1). The only answer of this API that is compact.
public struct SessionIndex: Handler {
  private let settings: Settings
  private let workspaces: Workspaces

  /// - Parameters:
  ///   - settings: Say what the list shows.
  ///   - workspaces: Know a folder for conversations that have none.
  public init(settings: Settings, workspaces: Workspaces) {
    self.settings = settings
    self.workspaces = workspaces
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The conversations, newest first", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let parameters = request.query
    let settings = await settings.object()
    let query = SessionListQuery(
      allProfiles: parameters.flag("all_profiles"), includeArchived: parameters.flag("include_archived"),
      excludeHidden: parameters.flag("exclude_hidden"), archivedLimit: parameters.int("archived_limit"),
      archivedOffset: parameters.int("archived_offset") ?? 0,
      source: parameters["sidebar_source"].flatMap { SessionListQuery.Source(rawValue: $0) },
      showsAgentSessions: settings["show_cli_sessions"]?.bool ?? true,
      showsPreviousMessaging: settings["show_previous_messaging_sessions"]?.bool ?? false,
      defaultWorkspace: await workspaces.last(profile: context.profile))
    let list = await context.sessions.list(query)
    let mask: ((String) -> String)? =
      settings["api_redact_enabled"]?.bool == false ? nil : { CredentialMask.masked($0) }
    return .json(answer(list, query, context, mask: mask))
  }

  /// The rows are megabytes: they are put in front of the rest as they are, instead of being copied through a writer.
  private func answer(
    _ list: SessionList, _ query: SessionListQuery, _ context: ProfileContext, mask: ((String) -> String)?
  ) -> [UInt8] {
    var bytes = list.encodedList(mask: mask, after: Array(#"{"sessions":"#.utf8))
    bytes.append(UInt8(ascii: ","))
    bytes += rest(of: list, query, context).bytes(.compact).dropFirst()
    return bytes
  }

  private func rest(of list: SessionList, _ query: SessionListQuery, _ context: ProfileContext) -> JSONObject {
    var body: JSONObject = [
      "sidebar_reference_sessions": .array(list.referenceRows.map { .object($0) }),
      "cli_count": .int(list.agentCount), "archived_count": .int(list.archivedCount),
      "archived_webui_count": .int(list.archivedWebUICount), "archived_cli_count": .int(list.archivedCLICount),
      "include_archived": .bool(query.includeArchived), "all_profiles": .bool(query.allProfiles),
      "active_profile": .string(context.profile.text), "other_profile_count": .int(list.otherProfileCount),
      "server_time": .double(Date().timeIntervalSince1970), "server_tz": .string(SessionIndex.timeZone()),
      "webui_session_count": .int(list.webUICount), "cli_session_count": .int(list.cliCount),
    ]
    if query.includeArchived, let limit = query.archivedLimit {
      body["archived_limit"] = .int(limit)
      body["archived_offset"] = .int(query.archivedOffset)
    }
    return body
  }

  /// `+HHMM`.
  private static func timeZone() -> String {
    let minutes = TimeZone.current.secondsFromGMT() / 60
    let digits = String(10_000 + abs(minutes) / 60 * 100 + abs(minutes) % 60).dropFirst()
    return (minutes < 0 ? "-" : "+") + digits
  }
}
