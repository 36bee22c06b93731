<?php
/*
 * Plugin Name: Door for tests
 *
 * Lets a test act inside WordPress: a POST with the secret of this site carries a list of [name, arguments...]; each
 * names one of the functions below, the answer is the list of what they returned. All they do is done by WordPress's
 * own functions, so that every hook runs as it does when a person clicks. Also imitates a few things that plugins on
 * real sites do, when the option test_flags names them.
 */
class Porchlight_Door {
	/** New posts as given to wp_insert_post; answers the number. */
	public static function post( $fields ) {
		return wp_insert_post( wp_slash( $fields + array( 'post_status' => 'publish', 'post_author' => 1, 'comment_status' => 'open', 'post_content' => 'Text.' ) ), true );
	}

	/** Many comments at once, as given to wp_insert_comment; answers their numbers. A parent below 0 counts back in the list. */
	public static function comments( $list ) {
		$ids = array();
		wp_defer_comment_counting( true );
		foreach ( $list as $fields ) {
			if ( isset( $fields['comment_parent'] ) && $fields['comment_parent'] < 0 ) {
				$fields['comment_parent'] = $ids[ count( $ids ) + $fields['comment_parent'] ];
			}
			$fields += array( 'comment_type' => 'comment', 'comment_approved' => 1 );
			if ( isset( $fields['comment_date_gmt'] ) && ! isset( $fields['comment_date'] ) ) {
				$fields['comment_date'] = get_date_from_gmt( $fields['comment_date_gmt'] );
			}
			$ids[] = wp_insert_comment( wp_slash( $fields ) );
		}
		wp_defer_comment_counting( false );
		return $ids;
	}

	public static function edit( $id, $text ) {
		return wp_update_comment( wp_slash( array( 'comment_ID' => $id, 'comment_content' => $text ) ), true );
	}

	/** approve, hold, spam, unspam, trash, untrash or delete, as the buttons of the comments screen do. */
	public static function act( $id, $what ) {
		switch ( $what ) {
			case 'approve':
			case 'hold':
				return wp_set_comment_status( $id, $what );
			case 'delete':
				return wp_delete_comment( $id, true );
			default:
				return call_user_func( 'wp_' . $what . '_comment', $id );
		}
	}

	public static function delete_post( $id, $force ) {
		return (bool) ( $force ? wp_delete_post( $id, true ) : wp_trash_post( $id ) );
	}

	public static function option( $name, $value ) {
		update_option( $name, $value );
	}

	public static function permalinks( $structure ) {
		global $wp_rewrite;
		$wp_rewrite->set_permalink_structure( $structure );
		$wp_rewrite->init();
		create_initial_taxonomies();
		flush_rewrite_rules( false );
	}

	/** A user's application passwords are thrown away; answers a new one, or null when none is wanted. */
	public static function password( $user, $wanted ) {
		WP_Application_Passwords::delete_all_application_passwords( $user );
		if ( ! $wanted ) {
			return null;
		}
		list( $secret ) = WP_Application_Passwords::create_new_application_password( $user, array( 'name' => 'porchlight' ) );
		return $secret;
	}

	public static function role( $user, $role ) {
		( new WP_User( $user ) )->set_role( $role );
	}

	/** Every comment there is, straight from the table. */
	public static function truth() {
		global $wpdb;
		return $wpdb->get_results( "SELECT * FROM $wpdb->comments ORDER BY comment_ID", ARRAY_A );
	}

	/** Away with all posts and comments; the people stay. */
	public static function clear() {
		global $wpdb;
		foreach ( array( $wpdb->comments, $wpdb->commentmeta, $wpdb->posts, $wpdb->postmeta, $wpdb->term_relationships ) as $table ) {
			$wpdb->query( "DELETE FROM $table" );
		}
		wp_cache_flush();
	}
}

if ( isset( $_SERVER['HTTP_X_TEST_DOOR'] ) && trim( file_get_contents( TEST_SITE_STATE . '/door.key' ) ) === $_SERVER['HTTP_X_TEST_DOOR'] ) {
	add_action(
		'wp_loaded', // not earlier: WordPress puts off changes to permalinks until then
		function () {
			// A test does what staff and visitors do; WordPress's filters for what a visitor may write are the form's.
			kses_remove_filters();
			$results = array();
			foreach ( json_decode( file_get_contents( 'php://input' ), true ) as $call ) {
				$result    = call_user_func_array( array( 'Porchlight_Door', array_shift( $call ) ), $call );
				$results[] = is_wp_error( $result ) ? array( 'error' => $result->get_error_code() ) : $result;
			}
			wp_send_json( $results );
		},
		PHP_INT_MAX
	);
}

function porchlight_flag( $name ) {
	return in_array( $name, (array) get_option( 'test_flags', array() ), true );
}

// Plugins that show REST only to people who are logged in.
add_filter(
	'rest_authentication_errors',
	function ( $result ) {
		if ( empty( $result ) && porchlight_flag( 'login-required' ) && ! is_user_logged_in() ) {
			return new WP_Error( 'rest_not_logged_in', 'You are not currently logged in.', array( 'status' => 401 ) );
		}
		return $result;
	}
);
// Older releases and some plugins look at the login before anything else, so that a wrong one fails everywhere.
add_filter(
	'rest_authentication_errors',
	function ( $result ) {
		if ( porchlight_flag( 'eager-login' ) ) {
			is_user_logged_in();
		}
		return $result;
	},
	5
);
// Plugins that take the comments out of REST.
add_filter(
	'rest_endpoints',
	function ( $endpoints ) {
		if ( porchlight_flag( 'no-comment-routes' ) ) {
			unset( $endpoints['/wp/v2/comments'], $endpoints['/wp/v2/comments/(?P<id>[\d]+)'] );
		}
		return $endpoints;
	}
);
// Themes and plugins that hide where REST is.
add_action(
	'init',
	function () {
		if ( porchlight_flag( 'no-rest-links' ) ) {
			remove_action( 'wp_head', 'rest_output_link_wp_head' );
			remove_action( 'template_redirect', 'rest_output_link_header', 11 );
		}
		if ( porchlight_flag( 'no-rest-header' ) ) {
			remove_action( 'template_redirect', 'rest_output_link_header', 11 );
		}
	}
);
// A shop, as WooCommerce makes one of a site: products, and the list of their reviews with what they give. WooCommerce
// itself comes in no package; this does what its product type and its reviews controller do with what we ask.
add_action(
	'init',
	function () {
		if ( porchlight_flag( 'shop' ) ) {
			register_post_type(
				'product',
				array(
					'label'           => 'Products',
					'public'          => true,
					'capability_type' => 'product',
					'map_meta_cap'    => true,
					'supports'        => array( 'title', 'editor', 'comments' ),
					'show_in_rest'    => true,
				)
			);
		}
	}
);
add_action(
	'init', // not earlier: WordPress makes the roles after the plugins
	function () {
		if ( porchlight_flag( 'shop' ) ) {
			foreach ( array( 'edit', 'edit_others', 'edit_published', 'edit_private', 'read_private', 'publish', 'delete' ) as $what ) {
				wp_roles()->get_role( 'administrator' )->capabilities[ $what . '_products' ] = true;
			}
		}
	}
);
add_action(
	'rest_api_init',
	function () {
		if ( ! porchlight_flag( 'shop' ) ) {
			return;
		}
		register_rest_route(
			'wc/v3',
			'/products/reviews',
			array(
				'methods'             => 'GET',
				'permission_callback' => function () {
					return current_user_can( 'moderate_comments' ) ? true : new WP_Error( 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.', array( 'status' => rest_authorization_required_code() ) );
				},
				'args'                => array(
					'include'  => array( 'type' => 'array', 'items' => array( 'type' => 'integer' ), 'default' => array() ),
					'status'   => array( 'type' => 'string', 'default' => 'approved', 'enum' => array( 'all', 'hold', 'approved', 'spam', 'trash' ) ),
					'per_page' => array( 'type' => 'integer', 'default' => 10, 'minimum' => 1, 'maximum' => 100 ),
				),
				'callback'            => function ( $request ) {
					$query = new WP_Comment_Query();
					$found = $query->query(
						array(
							'type'        => 'review',
							'comment__in' => $request['include'],
							'number'      => $request['per_page'],
							'status'      => 'approved' === $request['status'] ? 'approve' : $request['status'],
						)
					);
					return array_map(
						function ( $one ) {
							return array( 'id' => (int) $one->comment_ID, 'rating' => (int) get_comment_meta( $one->comment_ID, 'rating', true ) );
						},
						$found
					);
				},
			)
		);
	}
);
// WordPress takes one comment in 15 seconds from a member; plugins change that.
add_filter(
	'comment_flood_filter',
	function ( $is_flood ) {
		return porchlight_flag( 'no-flood-check' ) ? false : $is_flood;
	},
	20
);
// Platforms that take the same words twice; WordPress itself refuses them.
add_filter(
	'duplicate_comment_id',
	function ( $found ) {
		return porchlight_flag( 'no-duplicate-check' ) ? 0 : $found;
	}
);
