public import Pipeline
import Store

/// `GET /api/workspaces` (wire-platform 5.1).
public struct WorkspaceList: Handler {
  private let workspaces: Workspaces

  /// - Parameter workspaces: The folders of all profiles.
  public init(workspaces: Workspaces) {
    self.workspaces = workspaces
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The folders to work in", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    .json(await workspaces.object(profile: context.profile))
  }
}
