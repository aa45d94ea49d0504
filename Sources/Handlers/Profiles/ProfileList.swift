import JSON
public import Pipeline
import Store

/// `GET /api/profiles` (wire-platform 1.7).
public struct ProfileList: Handler {
  private let profiles: Profiles

  /// - Parameter profiles: The profiles.
  public init(profiles: Profiles) {
    self.profiles = profiles
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The profiles, the active one marked", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let rows = await profiles.rows(active: context.profile)
    return .json([
      "profiles": .array(rows.map { .object($0) }), "active": .string(context.profile.text),
      "single_profile_mode": false,
    ])
  }
}

/// `GET /api/profile/active` (wire-platform 1.7).
public struct ActiveProfile: Handler {
  private let profiles: Profiles

  /// - Parameter profiles: The profiles.
  public init(profiles: Profiles) {
    self.profiles = profiles
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The profile of the request", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    .json(await profiles.activeObject(context.profile))
  }
}
