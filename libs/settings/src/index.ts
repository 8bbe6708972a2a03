/** Public face of the settings library: every environment variable the product reads, validated in one place. */
export { loadEnvFile, loadSettings, settingNames, SettingsError, type Settings } from './settings.js';
