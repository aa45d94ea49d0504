import JSON
public import Pipeline

/// `GET /api/status`: what an app asks before anything else (wire-platform 8), and what the page shows of the agent.
public struct ServerStatus: Handler {
  private let version: String
  private let agent: JSONObject

  /// - Parameters:
  ///   - version: The server's version.
  ///   - agent: Who answers, whether that is a demo, and how to connect a real one.
  public init(version: String, agent: JSONObject) {
    self.version = version
    self.agent = agent
  }

  /// `GET`.
  public var methods: Methods<BaseContext> {
    .get("The version, and who answers prompts", read)
  }

  private func read(_ request: Request, _ context: BaseContext) async throws -> Response {
    .json([
      "version": .string(version), "status": "ok", "authenticated": true, "setup_mode": false, "sse": true,
      "agent": .object(agent),
    ])
  }
}
