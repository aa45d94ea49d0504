import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `POST /api/chat/start`: the prompt is on disk when this answers (wire-sessions-chat 2.1).
public struct ChatStart: Handler {
  private let workspaces: Workspaces

  /// - Parameter workspaces: Know which folders may be used.
  public init(workspaces: Workspaces) {
    self.workspaces = workspaces
  }

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Starts a turn", start)
  }

  private func start(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    try body.require("session_id")
    let text = (body["message"]?.string ?? "").trimmed()
    if text == "[SILENT]" {
      return .json(["status": "suppressed", "reason": "silent_control_message"])
    }
    guard let id = body["session_id"]?.string.flatMap({ SessionID($0) }),
      let summary = try await context.sessions.summary(id)
    else { throw HTTPError.sessionNotFound }
    if summary.isReadOnly {
      throw HTTPError(.forbidden, "Read-only imported sessions cannot be continued from WebUI")
    }
    if let profile = try body.text("profile"), !profile.isEmpty, ProfileName(profile) == nil {
      throw HTTPError(.badRequest, "invalid profile")
    }
    if body["regenerate"]?.bool == true {
      throw HTTPError(
        .conflict, "This version cannot regenerate an answer; send the prompt again.",
        members: ["code": "unsupported_regeneration_backend"])
    }
    if text.isEmpty { throw HTTPError(.badRequest, "message is required") }
    let prompt = Turns.Prompt(
      text: String(text), attachments: Array((body["attachments"]?.array ?? []).prefix(20)),
      model: try body.text("model").flatMap { $0.isEmpty ? nil : $0 },
      modelProvider: try body.text("model_provider").flatMap { $0.isEmpty ? nil : $0 },
      workspace: try await workspace(of: body, summary, context))
    return try await start(prompt, id, context)
  }

  private func start(_ prompt: Turns.Prompt, _ id: SessionID, _ context: ProfileContext) async throws -> Response {
    do {
      let started = try await context.sessions.start(prompt, in: id)
      var answer: JSONObject = [
        "stream_id": .string(started.turn.id.text), "session_id": .string(id.text),
        "pending_started_at": .double(started.turn.startedAt), "turn_id": .optional(started.turnID),
        "title": .string(started.summary.title),
      ]
      if let provider = started.summary.modelProvider { answer["effective_model_provider"] = .string(provider) }
      return .json(answer)
    } catch Turns.Refusal.noSession {
      throw HTTPError.sessionNotFound
    } catch Turns.Refusal.active(let stream) {
      throw HTTPError(
        .conflict, "session already has an active stream", members: ["active_stream_id": .string(stream.text)])
    } catch Turns.Refusal.readOnly {
      throw HTTPError(.forbidden, "Read-only imported sessions cannot be continued from WebUI")
    } catch Turns.Refusal.stopping {
      throw HTTPError(.serviceUnavailable, "The server is about to stop; try again in a moment")
    }
  }

  /// A folder that the client names must be good; a stored one that is gone is replaced without a word.
  private func workspace(
    of body: JSONObject, _ summary: SessionSummary, _ context: ProfileContext
  ) async throws -> String? {
    let asked = try body.text("workspace").flatMap { $0.isEmpty ? nil : $0 }
    do {
      let path = try await workspaces.validate(asked ?? summary.workspace, profile: context.profile)
      return path == summary.workspace ? nil : path
    } catch {
      guard let asked, asked != summary.workspace else { return await workspaces.last(profile: context.profile) }
      throw HTTPError(.badRequest, "\(error)")
    }
  }
}
