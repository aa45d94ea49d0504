import JSON
public import Pipeline
import Store

/// `GET /api/projects` (wire-platform 2).
public struct ProjectList: Handler {
  private let projects: Projects

  /// - Parameter projects: All of them; only those of the request's profile are shown unless all are asked for.
  public init(projects: Projects) {
    self.projects = projects
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The projects of the profile", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let all = request.query.flag("all_profiles")
    let (rows, others) = try await projects.list(profile: context.profile, allProfiles: all)
    return .json([
      "projects": .array(rows.map { .object($0) }), "all_profiles": .bool(all),
      "active_profile": .string(context.profile.text), "other_profile_count": .int(others),
    ])
  }
}
