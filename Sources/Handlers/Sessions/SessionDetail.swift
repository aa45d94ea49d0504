import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `GET /api/session`: a conversation, with all, some or none of its messages (wire-sessions-chat 1.2).
public struct SessionDetail: Handler {
  private let configurations: ProfileConfigurations
  private let workspaces: Workspaces

  /// - Parameters:
  ///   - configurations: Know how much the default model can hold.
  ///   - workspaces: Know a folder for conversations that have none.
  public init(configurations: ProfileConfigurations, workspaces: Workspaces) {
    self.configurations = configurations
    self.workspaces = workspaces
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("A conversation: its metadata and, unless messages=0, its messages", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let id = try request.sessionID()
    let wantsMessages = request.query["messages"] != "0"
    let window = TranscriptWindow(limit: request.query.int("msg_limit"), before: request.query.int("msg_before"))
    guard let found = try await context.sessions.read(id, wantsMessages ? window : nil) else {
      return try await foreign(id, context)
    }
    let (summary, page, isStreaming) = found
    var object = await context.sessions.answer(summary, page, isStreaming: isStreaming)
    if page == nil {
      object["messages"] = []
      object["tool_calls"] = []
    }
    object["pending_attachments"] = isStreaming ? summary.metadata["pending_attachments"] ?? [] : []
    object["pending_started_at"] = isStreaming ? .optional(summary.pendingStartedAt) : .null
    object["pending_user_source"] = isStreaming ? summary.metadata["pending_user_source"] ?? .null : .null
    await resolveContext(&object, context)
    object["_messages_truncated"] = .bool(page?.isTruncated ?? false)
    object["_messages_offset"] = .int(page?.offset ?? 0)
    object["_msg_limit_max"] = .int(TranscriptWindow.largestLimit)
    return .json(["session": .object(object)])
  }

  /// Null becomes a number where a gauge shows it; how much the model can hold comes from the configuration when no
  /// turn has said it.
  private func resolveContext(_ object: inout JSONObject, _ context: ProfileContext) async {
    if object["context_length"]?.int == nil {
      object["context_length"] = .int(await configurations.configuration(of: context.profile).model.contextLength ?? 0)
    }
    for key in ["threshold_tokens", "last_prompt_tokens"] where object[key]?.int == nil { object[key] = 0 }
  }

  private func foreign(_ id: SessionID, _ context: ProfileContext) async throws -> Response {
    let workspace = await workspaces.last(profile: context.profile)
    guard let stub = await context.sessions.foreign(id, workspace: workspace) else { throw HTTPError.sessionNotFound }
    return .json(["session": .object(stub)])
  }
}
