import HTTPTypes
import JSON
public import Pipeline
import Store

/// `GET /api/models` (wire-platform 4.2).
public struct ModelList: Handler {
  /// The models that the configured endpoint of a profile offers; empty when it cannot be asked.
  public typealias Offer = @Sendable (ProfileName) async -> [String]

  private let configurations: ProfileConfigurations
  private let offer: Offer

  /// - Parameters:
  ///   - configurations: Know the default models.
  ///   - offer: Asks the agent.
  public init(configurations: ProfileConfigurations, offer: @escaping Offer) {
    self.configurations = configurations
    self.offer = offer
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The models to choose from", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    if let freshness = request.query["freshness"], freshness != "session_visit" {
      throw HTTPError(.badRequest, "freshness must be session_visit or absent")
    }
    let settings = await configurations.configuration(of: context.profile).model
    return .json(ModelCatalogue.object(settings: settings, offered: await offer(context.profile)))
  }
}
