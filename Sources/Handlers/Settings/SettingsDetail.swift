import JSON
public import Pipeline
import Store

/// `GET /api/settings` (wire-platform 4.1).
public struct SettingsDetail: Handler {
  private let settings: Settings
  private let configurations: ProfileConfigurations
  private let version: String

  /// - Parameters:
  ///   - settings: The file.
  ///   - configurations: Know the default models.
  ///   - version: The server's version.
  public init(settings: Settings, configurations: ProfileConfigurations, version: String) {
    self.settings = settings
    self.configurations = configurations
    self.version = version
  }

  /// `GET`.
  public var methods: Methods<ProfileContext> {
    .get("The settings of the page, with what is computed from the configuration", read)
  }

  private func read(_ request: Request, _ context: ProfileContext) async throws -> Response {
    let configuration = await configurations.configuration(of: context.profile)
    var extras: JSONObject = ["default_model": .string(configuration.model.defaultModel ?? "")]
    if let provider = configuration.model.activeProvider { extras["default_model_provider"] = .string(provider) }
    extras["max_tokens"] = .optional(configuration.maxTokens)
    extras["max_tokens_effective"] = .optional(configuration.maxTokens)
    extras["max_tokens_fallback"] = .null
    for key in ["password_env_var", "auth_enabled", "password_auth_enabled"] { extras[key] = false }
    for key in ["passkeys_enabled", "passwordless_enabled"] { extras[key] = false }
    extras["webui_version"] = .string(version)
    extras["agent_version"] = "not detected"
    extras["update_channel_version"] = .string(version)
    return .json(await settings.object(extras: extras))
  }
}
