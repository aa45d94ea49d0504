import Agents
import JSON
import Logging
import Store

/// Who answers prompts, and what is told of it.
struct AgentConnection: Sendable {
  let runtime: any AgentRuntime
  /// What `/api/status` says.
  let description: JSONObject
  /// Where the model of a profile is.
  let endpoint: @Sendable (ProfileName) async -> ModelEndpoint?
  /// The models of a profile's endpoint.
  let offer: @Sendable (ProfileName) async -> [String]

  /// Chooses by the configuration: `auto` takes the model server when the root profile names one.
  ///
  /// - Throws: ``ConfigurationError`` when `openai` was asked for and nobody says where that is.
  init(_ configuration: Configuration, _ profiles: ProfileConfigurations, logger: Logger) async throws {
    let lookup = AgentConnection.lookup(configuration.values, profiles)
    let endpoint = await lookup(.root)
    let isConnected = endpoint != nil
    if configuration.agent != .demo, let problem = endpoint.flatMap({ OpenAIRuntime.addressProblem($0.baseURL) }) {
      if configuration.values["openai-base-url"] != nil { throw configuration.values.wrong("openai-base-url", problem) }
      throw ConfigurationError(
        "model.base_url in \(configuration.layout.configuration(of: .root)) cannot be used: \(problem)")
    }
    if configuration.agent == .openai && !isConnected {
      throw ConfigurationError(
        "The agent is openai, but there is no address of a model server. Give --openai-base-url, or model.base_url in "
          + "\(configuration.layout.configuration(of: .root)).")
    }
    if configuration.agent != .demo && isConnected {
      let runtime = OpenAIRuntime(logger: logger)
      self.runtime = runtime
      description = ["name": .string(runtime.name), "demo": false, "hint": nil]
      self.endpoint = lookup
      offer = AgentConnection.cachedOffer { profile in
        guard let endpoint = await lookup(profile) else { return [] }
        do {
          return try await runtime.models(of: endpoint)
        } catch {
          logger.notice("the model server cannot be asked for its models", metadata: ["error": "\(error)"])
          return []
        }
      }
    } else {
      let runtime = DemoRuntime(pace: configuration.demoPace)
      self.runtime = runtime
      description = [
        "name": .string(runtime.name), "demo": true,
        "hint": .string(
          "To connect a model, start with --agent openai --openai-base-url http://127.0.0.1:11434/v1 (Ollama, llama.cpp, "
            + "LM Studio, vLLM or any OpenAI-compatible server), or set model.base_url, model.api_key and model.default in "
            + configuration.layout.configuration(of: .root) + "."),
      ]
      self.endpoint = { _ in nil }
      offer = { _ in ["demo"] }
    }
  }

  /// Flags and environment beat the profile's file. The operator's key goes to the operator's address, or to that of the
  /// root profile, never to one that another profile names.
  private static func lookup(
    _ values: ConfigurationValues, _ profiles: ProfileConfigurations
  ) -> @Sendable (ProfileName) async -> ModelEndpoint? {
    let (baseURL, key, model) = (
      values.text("openai-base-url"), values.text("openai-api-key"), values.text("openai-model")
    )
    return { profile in
      let settings = await profiles.configuration(of: profile).model
      if let baseURL {
        return ModelEndpoint(baseURL: baseURL, apiKey: key, defaultModel: model ?? settings.defaultModel)
      }
      guard let baseURL = settings.baseURL else { return nil }
      return ModelEndpoint(
        baseURL: baseURL, apiKey: (profile == .root ? key : nil) ?? settings.apiKey?.reveal(),
        defaultModel: model ?? settings.defaultModel)
    }
  }

  /// A page asks for the models each time that it is opened; the model server is asked once a minute.
  private static func cachedOffer(
    _ ask: @escaping @Sendable (ProfileName) async -> [String]
  ) -> @Sendable (ProfileName) async -> [String] {
    let cache = OfferCache()
    return { profile in await cache.models(of: profile, ask: ask) }
  }
}

/// What endpoints offered a moment ago.
private actor OfferCache {
  private var offers: [ProfileName: (time: ContinuousClock.Instant, models: [String])] = [:]

  func models(of profile: ProfileName, ask: @Sendable (ProfileName) async -> [String]) async -> [String] {
    if let offer = offers[profile], ContinuousClock.now - offer.time < .seconds(60) { return offer.models }
    let models = await ask(profile)
    if offers.count >= 256 { offers.removeAll() }
    offers[profile] = (.now, models)
    return models
  }
}
