import HTTPTypes
import JSON
public import Pipeline
import Store
import Turns

/// `POST /api/session/new`: a conversation that is not on disk before something is saved in it (wire-sessions-chat
/// 1.5). A git worktree for it cannot be asked for yet.
public struct SessionNew: Handler {
  private let configurations: ProfileConfigurations
  private let workspaces: Workspaces

  /// - Parameters:
  ///   - configurations: Know the default models.
  ///   - workspaces: Know which folders may be used.
  public init(configurations: ProfileConfigurations, workspaces: Workspaces) {
    self.configurations = configurations
    self.workspaces = workspaces
  }

  /// `POST`.
  public var methods: Methods<ProfileContext> {
    .post("Makes a conversation; it is saved with its first message or draft", make)
  }

  private func make(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let body = try await request.json()
    if let asked = body["worktree"], isYes(asked) {
      throw HTTPError(.notImplemented, "Worktree sessions are not available in this version; leave out \"worktree\"")
    }
    let toolsets = try enabledToolsets(body["enabled_toolsets"])
    let workspace = try await self.workspace(of: body, context)
    let settings = await configurations.configuration(of: context.profile).model
    let model = try body.text("model")
    let summary = await context.sessions.create(
      workspace: workspace, model: model ?? settings.defaultModel,
      modelProvider: try body.text("model_provider") ?? (model == nil ? settings.activeProvider : nil),
      projectID: try body.text("project_id"), toolsets: toolsets)
    var object = await context.sessions.answer(summary)
    object["messages"] = []
    return .json(["session": .object(object)])
  }

  private func workspace(of body: JSONObject, _ context: ProfileContext) async throws -> String {
    guard let asked = try body.text("workspace"), !asked.isEmpty else {
      return await workspaces.last(profile: context.profile)
    }
    do {
      return try await workspaces.validate(asked, profile: context.profile)
    } catch {
      if case .missing = error, body.flag("workspace_inherited_from_prev_session", default: false) {
        return await workspaces.last(profile: context.profile)
      }
      throw HTTPError(.badRequest, "\(error)")
    }
  }

  private func enabledToolsets(_ value: JSONValue?) throws -> [String]? {
    guard let value, !value.isNull else { return nil }
    guard let array = value.array, !array.isEmpty else {
      throw HTTPError(.badRequest, "toolsets must be a non-empty list or null")
    }
    return try array.map { element in
      guard let text = element.string, !text.isEmpty else {
        throw HTTPError(.badRequest, "each toolset must be a non-empty string")
      }
      return text
    }
  }

  private func isYes(_ value: JSONValue) -> Bool {
    value.bool ?? value.string.map { ["1", "true", "yes", "on"].contains($0.lowercased()) } ?? false
  }
}
