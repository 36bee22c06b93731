<?php
// Configuration of the test site. One WordPress answers on three ports (see apache.conf); each port says in its
// environment below which path the site lives and of which type it is. Links follow the name the visitor used, so a
// proxy in front of the site is followed by its links as well.
$porchlight_host = isset( $_SERVER['HTTP_HOST'] ) ? $_SERVER['HTTP_HOST'] : '127.0.0.1';
define( 'WP_HOME', 'http://' . $porchlight_host . getenv( 'SITE_PATH' ) );
define( 'WP_SITEURL', WP_HOME );
define( 'WP_ENVIRONMENT_TYPE', getenv( 'SITE_TYPE' ) ? getenv( 'SITE_TYPE' ) : 'local' );
define( 'TEST_SITE_STATE', dirname( __DIR__ ) );

define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:' . TEST_SITE_STATE . '/db.sock' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
$table_prefix = 'wp_';

foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $porchlight_name ) {
	define( $porchlight_name . '_KEY', 'only for tests ' . $porchlight_name );
	define( $porchlight_name . '_SALT', 'only for tests, too ' . $porchlight_name );
}

// Nothing leaves this machine, nothing happens behind a test's back.
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISALLOW_FILE_MODS', true );
define( 'WP_DEBUG', false );

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
