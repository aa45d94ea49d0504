import JSON

/// The answer to `GET /api/models` (wire-platform 4.2).
public enum ModelCatalogue {
  /// Over this many models, a group shows ``shownOfMany`` and keeps the rest in `extra_models`.
  static let mostShown = 25
  static let shownOfMany = 15

  /// Builds the answer for one provider.
  ///
  /// - Parameters:
  ///   - settings: The default model and its provider.
  ///   - offered: The ids of the models that the provider offers, in its order; duplicates are dropped.
  ///   - aliases: Short names and the models that they stand for.
  public static func object(
    settings: ModelSettings, offered: [String], aliases: [(name: String, model: String)] = []
  ) -> JSONObject {
    let provider = settings.activeProvider
    let selected = settings.defaultModel ?? ""
    var aliasObject = JSONObject()
    for alias in aliases { aliasObject[alias.name] = .string(alias.model) }
    return [
      "active_provider": .optional(provider),
      "default_model": .string(selected),
      "configured_model_badges": .object(badges(model: selected, provider: provider)),
      "groups": .array(groups(provider: provider, selected: selected, offered: offered).map { .object($0) }),
      "aliases": .object(aliasObject),
    ]
  }

  /// One key a model; three for the model of a custom provider, which clients spell in three ways.
  private static func badges(model: String, provider: String?) -> JSONObject {
    guard !model.isEmpty else { return [:] }
    let badge: JSONValue = ["role": "primary", "label": "Primary", "provider": .optional(provider)]
    var badges: JSONObject = [model: badge]
    if let provider, isCustom(provider) {
      badges["\(provider)/\(model)"] = badge
      badges["@\(provider):\(model)"] = badge
    }
    return badges
  }

  private static func groups(provider: String?, selected: String, offered: [String]) -> [JSONObject] {
    var seen: Set<String> = []
    var models = offered.filter { !$0.isEmpty && seen.insert($0).inserted }
    if !selected.isEmpty && !seen.contains(selected) { models.insert(selected, at: 0) }
    // An empty group says something only where a user configured an address: that nothing answered there.
    guard !models.isEmpty || provider.map(isCustom) == true else { return [] }
    var shown = models
    var extra: [String] = []
    if models.count > mostShown {
      shown = Array(models.prefix(shownOfMany))
      if let place = models.firstIndex(of: selected), place >= shownOfMany { shown[shownOfMany - 1] = selected }
      let visible = Set(shown)
      extra = models.filter { !visible.contains($0) }
    }
    var group: JSONObject = [
      "provider": .string(provider.map(displayName) ?? "Default"),
      "provider_id": .string(provider ?? "default"),
      "models": entries(shown),
    ]
    if !extra.isEmpty { group["extra_models"] = entries(extra) }
    return [group]
  }

  private static func entries(_ models: [String]) -> JSONValue {
    .array(models.map { ["id": .string($0), "label": .string($0)] })
  }

  private static func isCustom(_ provider: String) -> Bool { provider == "custom" || provider.hasPrefix("custom:") }

  /// How a provider is written for people.
  private static func displayName(of provider: String) -> String {
    switch provider.lowercased() {
    case "openai": "OpenAI"
    case "openrouter": "OpenRouter"
    case "xai": "xAI"
    case "zai": "Z.AI / GLM"
    case "nvidia": "NVIDIA"
    case "deepseek": "DeepSeek"
    case "lmstudio": "LM Studio"
    case let name where name.hasPrefix("custom:"): String(provider.dropFirst("custom:".count))
    default: provider.prefix(1).uppercased() + provider.dropFirst()
    }
  }
}
