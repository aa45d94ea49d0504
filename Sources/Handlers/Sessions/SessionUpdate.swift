import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `POST /api/session/update`: the model and the folder of a conversation (wire-sessions-chat 1.18).
public struct SessionUpdate: Handler {
  private let workspaces: Workspaces

  /// - Parameter workspaces: Know which folders may be used.
  public init(workspaces: Workspaces) {
    self.workspaces = workspaces
  }

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Changes the model or the workspace of a conversation", update)
  }

  private func update(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    let id = try body.sessionID(missing: "session_id is required")
    guard try await context.sessions.summary(id) != nil else { throw HTTPError.sessionNotFound }
    let workspace = try await self.workspace(of: body, context)
    let (model, provider) = try chosenModel(body)
    let hasModel = body["model"] != nil || body["model_provider"] != nil
    let summary = try await context.sessions.edit(id, announcing: "session_changed") { document in
      if document.isReadOnly {
        throw HTTPError(.forbidden, "Read-only imported sessions cannot be updated from WebUI")
      }
      if let workspace { document.workspace = workspace }
      guard hasModel else { return }
      let isOther = (model ?? document.model) != document.model || provider != document.modelProvider
      if let model { document.model = model }
      document.modelProvider = provider
      if isOther {
        document.metadata["threshold_tokens"] = 0
        document.metadata["last_prompt_tokens"] = 0
      }
    }
    guard summary != nil, let (saved, page) = try await context.sessions.page(id, .all) else {
      throw HTTPError.sessionNotFound
    }
    if let workspace { try await workspaces.remember(last: workspace, profile: context.profile) }
    var object = await context.sessions.answer(saved, page)
    object["tool_calls"] = Optional.none
    return .json(["session": .object(object)])
  }

  private func workspace(of body: JSONObject, _ context: ProfileContext) async throws -> String? {
    guard let asked = try body.text("workspace"), !asked.isEmpty else { return nil }
    do {
      return try await workspaces.validate(asked, profile: context.profile)
    } catch {
      throw HTTPError(.badRequest, "\(error)")
    }
  }

  /// `@provider:model` names both; the last colon parts them (domain 3.12, rule 4).
  private func chosenModel(_ body: JSONObject) throws -> (model: String?, provider: String?) {
    let model = try body.text("model")
    let provider = try body.text("model_provider")?.trimmed().lowercased()
    guard let model, model.hasPrefix("@"), let colon = model.lastIndex(of: ":") else {
      return (model.flatMap { $0.isEmpty ? nil : $0 }, provider.flatMap { $0.isEmpty ? nil : $0 })
    }
    return (String(model[model.index(after: colon)...]), String(model[..<colon].dropFirst()).lowercased())
  }
}
