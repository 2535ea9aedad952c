/** The text of a `clearml.conf` for this server. No drawing here. */

/**
 * A configuration that works as it is: the addresses as this browser knows them, the key, and the few settings that keep
 * the SDK from waiting (docs/server.md gives the reasons).
 * @param {{web: string, api: string, files: string, accessKey: string, secretKey: string}} values
 */
export const clearmlConf = ({ web, api, files, accessKey, secretKey }) => `api {
    web_server: "${web}"
    api_server: "${api}"
    files_server: "${files}"
    credentials { access_key: "${accessKey}", secret_key: "${secretKey}" }
    # A restarted server is found again within seconds instead of minutes.
    http.retries { backoff_factor: 0.2, backoff_max: 2.0 }
}
sdk {
    # A forked reporter can deadlock with the repository detection and makes closing slow.
    development.report_use_subprocess: false
    # Keep every debug sample: the default wraps after 100 of a kind.
    metrics.file_history_size: 1000000
}
agent {
    # Torch is in the environment already; the agent must not look for wheels of its own.
    package_manager.pytorch_resolve: "none"
    force_git_root_python_path: true
}
`;

/**
 * The same as environment variables, for a container or a quick try.
 * @param {{web: string, api: string, files: string, accessKey: string, secretKey: string}} values
 */
export const clearmlEnvironment = ({ web, api, files, accessKey, secretKey }) =>
  [
    ["WEB_HOST", web],
    ["API_HOST", api],
    ["FILES_HOST", files],
    ["API_ACCESS_KEY", accessKey],
    ["API_SECRET_KEY", secretKey],
  ]
    .map(([name, value]) => `export CLEARML_${name}="${value}"`)
    .join("\n") + "\n";
