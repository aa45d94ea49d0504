/// Which model answers by default and where: the `model` part of a `config.yaml` (wire-platform 4.1, 4.4).
public struct ModelSettings: Sendable, Equatable {
  /// The model's id: `model.default`, or `model` itself when it is a text.
  public var defaultModel: String?
  /// The provider as configured: `openai`, `custom`, `custom:<name>`, ...
  public var provider: String?
  /// The address of the provider's API.
  public var baseURL: String?
  /// The key for the provider's API.
  public var apiKey: Secret?
  /// How many tokens the model can look at.
  public var contextLength: Int?

  /// Settings; nothing by default.
  public init(
    defaultModel: String? = nil, provider: String? = nil, baseURL: String? = nil, apiKey: Secret? = nil,
    contextLength: Int? = nil
  ) {
    self.defaultModel = defaultModel
    self.provider = provider
    self.baseURL = baseURL
    self.apiKey = apiKey
    self.contextLength = contextLength
  }

  /// The provider that models are listed under: `local` is another word for `custom` (wire-platform 4.4, rule 1).
  public var activeProvider: String? { provider?.lowercased() == "local" ? "custom" : provider }
}
