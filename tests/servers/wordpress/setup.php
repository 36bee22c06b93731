<?php
// Run once from the command line: creates the tables, the people and their application passwords, and prints the
// people as JSON.
if ( 'cli' !== PHP_SAPI ) {
	exit( 1 );
}
define( 'WP_INSTALLING', true );
require getenv( 'SITE_ROOT' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

wp_install( 'Brot & Butter', 'admin', 'admin@example.org', true, '', 'password-of-admin' );

$people = array(
	'admin' => array( 'administrator', 'Ada Admin' ),
	'rita'  => array( 'editor', 'Rita Sömmer' ),
	'tom'   => array( 'author', 'Tom Okafor' ),
	'kim'   => array( 'subscriber', 'Kim Visitor' ),
	'nora'  => array( '', 'Nora Nobody' ),
);
$out    = array();
foreach ( $people as $login => $one ) {
	list( $role, $name ) = $one;
	$user                = get_user_by( 'login', $login );
	$id                  = $user ? $user->ID : wp_create_user( $login, 'password-of-' . $login, $login . '@example.org' );
	wp_update_user( array( 'ID' => $id, 'display_name' => $name, 'role' => $role ) );
	list( $secret ) = WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'porchlight' ) );
	$out[ $login ]  = array( 'id' => $id, 'role' => $role, 'name' => $name, 'password' => WP_Application_Passwords::chunk_password( $secret ) );
}

foreach ( array(
	'timezone_string'              => 'Europe/Berlin',
	'gmt_offset'                   => '',
	'comment_moderation'           => '0',
	'comment_previously_approved'  => '0',
	'comments_notify'              => '0',
	'moderation_notify'            => '0',
	'moderation_keys'              => 'holdme',
	'disallowed_keys'              => 'casino-jackpot',
	'thread_comments_depth'        => '10',
	'close_comments_for_old_posts' => '0',
) as $name => $value ) {
	update_option( $name, $value );
}
$wp_rewrite->init();
$wp_rewrite->set_permalink_structure( '/%year%/%monthnum%/%postname%/' );
$wp_rewrite->init();
create_initial_taxonomies();
flush_rewrite_rules( false );

echo json_encode( $out );
