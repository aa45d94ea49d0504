public import Pipeline
public import Store
public import Turns

/// Decides which profile a request is for: the profile cookie if it names one, else the profile of the process
/// (wire-platform 1.2). A cookie that is no name counts as none (invariant 57).
///
/// Costs one look-up of the cookie header.
public struct ProfileScoping: Middleware {
  private let cookie: String
  private let profiles: Profiles
  private let turns: Turns
  private let databases: AgentDatabases

  /// - Parameters:
  ///   - cookie: The cookie's name.
  ///   - profiles: Whose is what.
  ///   - turns: What is scoped.
  ///   - databases: The agents' databases, of which one is let through.
  public init(cookie: String, profiles: Profiles, turns: Turns, databases: AgentDatabases) {
    self.cookie = cookie
    self.profiles = profiles
    self.turns = turns
    self.databases = databases
  }

  /// Goes on with the conversations of the request's profile.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<ProfileContext>
  ) async throws -> Response {
    let named = request.cookie(cookie).flatMap { ProfileName($0) }
    let profile = named.map { profiles.canonical($0) } ?? profiles.processProfile()
    let sessions = ProfileSessions(profile: profile, turns: turns, profiles: profiles, databases: databases)
    return try await next(request, ProfileContext(sessions: sessions, base: context))
  }
}
